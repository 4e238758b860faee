package dev.slipway.agent;

import dev.slipway.gc.Holds;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Draining;
import dev.slipway.protocol.worker.Heartbeat;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.Welcome;
import dev.slipway.protocol.worker.WorkerMessage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This worker's membership at one coordinator, through all its joinings: heartbeats, news, and what
 * the coordinator has it do. {@code this} guards which outbox is the present one. @ThreadSafe
 */
final class Membership implements FarmLink.Member {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

  /** New layers are announced together this often; results of steps travel with the steps. */
  private static final long ANNOUNCE_MILLIS = 250;

  private static final long SHORTEST_HEARTBEAT_MILLIS = 100;

  private final WorkerDescription description;
  private final long incarnation;
  private final Work work;
  private final News news;
  private final Inventory.Feed feed;
  private final Assignments assignments;
  private List<ScheduledFuture<?>> pulses = List.of();
  private Holds.Link holds;
  private @Nullable Outbox current; // guarded by this
  private boolean draining; // guarded by this
  private boolean drained; // guarded by this

  /** What of it matters beyond this coordinator. Must not block. */
  interface News {
    void joined(Welcome welcome);

    /**
     * @param addresses of all coordinators, as this one knows them
     */
    void told(List<String> addresses);

    /**
     * @param addresses of all workers' servers, as this one knows them
     */
    void peers(List<String> addresses);

    /**
     * @param workerIds all that were evicted from the farm
     */
    void evicted(List<String> workerIds);

    void lost();
  }

  Membership(WorkerDescription description, long incarnation, Work work, News news) {
    this.description = description;
    this.incarnation = incarnation;
    this.work = work;
    this.news = news;
    this.feed = work.inventory().feed();
    this.assignments = new Assignments(work);
    this.holds = work.disk().holds().link();
  }

  Hello hello() {
    return description.hello(incarnation, feed.all(), feed.mounts());
  }

  @Override
  public void joined(Welcome welcome, Outbox outbox) {
    // Whom the news make leave another link finds this one in place.
    news.joined(welcome);
    long millis = Math.max(SHORTEST_HEARTBEAT_MILLIS, welcome.getHeartbeatMillis());
    pulses =
        List.of(
            work.pulse()
                .scheduleAtFixedRate(
                    guarded(() -> beat(outbox)), millis, millis, TimeUnit.MILLISECONDS),
            work.pulse()
                .scheduleWithFixedDelay(
                    guarded(() -> feed.announce(outbox)),
                    ANNOUNCE_MILLIS,
                    ANNOUNCE_MILLIS,
                    TimeUnit.MILLISECONDS));
    synchronized (this) {
      current = outbox;
      drained = false;
      if (draining) {
        sayDraining(outbox);
      }
    }
  }

  @Override
  public void received(CoordinatorMessage message, Outbox outbox) {
    switch (message.getMessageCase()) {
      case RUN_STAGE -> assignments.run(message.getRunStage(), holds, outbox);
      case CANCEL_STAGE -> assignments.cancelStage(message.getCancelStage().getStageId());
      case PUSH_LAYERS -> assignments.push(message.getPushLayers(), outbox);
      case CANCEL_PUSH -> assignments.cancelPush(message.getCancelPush().getPushId());
      case READ_PATH -> assignments.read(message.getReadPath(), outbox);
      case ASK -> assignments.ask(message.getAsk(), feed, outbox);
      case CANCEL_ASK -> assignments.cancelAsk(message.getCancelAsk().getId());
      case OPEN_CONTAINER -> assignments.open(message.getOpenContainer(), holds, outbox);
      case HOLD_LAYERS ->
          work.disk()
              .found(
                  holds,
                  message.getHoldLayers().getBuildId(),
                  message.getHoldLayers().getLayerIdsList());
      case RELEASE_BUILD -> holds.release(message.getReleaseBuild().getBuildId());
      case COORDINATORS -> news.told(message.getCoordinators().getAddressesList());
      case PEERS -> news.peers(message.getPeers().getAddressesList());
      case EVICTED -> news.evicted(message.getEvicted().getWorkerIdsList());
      case DRAINED -> {
        synchronized (this) {
          drained = true;
        }
      }
      case WELCOME, MESSAGE_NOT_SET ->
          LOG.atWarn()
              .log("the coordinator sent a message that this version does not know; ignored");
    }
  }

  /**
   * A stage that goes on for a coordinator that has given it to another would only be in the way.
   */
  @Override
  public void lost() {
    synchronized (this) {
      current = null;
    }
    pulses.forEach(pulse -> pulse.cancel(false));
    feed.stop();
    assignments.cancelAll();
    holds.close();
    holds = work.disk().holds().link();
    news.lost();
  }

  private synchronized @Nullable Outbox outbox() {
    return current;
  }

  boolean isJoined() {
    return outbox() != null;
  }

  /** Says at once what else is said every now and then. */
  void announce() {
    Outbox outbox = outbox();
    if (outbox != null) {
      feed.announce(outbox);
      beat(outbox);
    }
  }

  /** Takes no new stage and tells the coordinator, whenever it is joined. */
  void drain() {
    assignments.drain();
    synchronized (this) {
      draining = true;
      if (current != null) {
        sayDraining(current);
      }
    }
  }

  /** The heartbeat tells whether stages still run. */
  private void sayDraining(Outbox outbox) {
    beat(outbox);
    outbox.send(WorkerMessage.newBuilder().setDraining(Draining.getDefaultInstance()).build());
  }

  /** Whether this coordinator keeps the worker from leaving. */
  boolean isNeeded() {
    synchronized (this) {
      if (current == null) {
        return false;
      }
      if (!drained) {
        return true;
      }
    }
    return !assignments.isIdle();
  }

  private void beat(Outbox outbox) {
    outbox.send(
        WorkerMessage.newBuilder()
            .setHeartbeat(
                Heartbeat.newBuilder()
                    .setRunningStages(work.stageSlots().taken())
                    .setFreeBytes(work.root().toFile().getUsableSpace()))
            .build());
  }

  /** A scheduled task that throws is never run again. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.atWarn().setCause(e).log("pulse skipped");
      }
    };
  }

  /** Takes nothing new and cancels what runs. */
  void close() {
    assignments.close();
  }

  /** Waits for what was cancelled; returns false when it took longer. */
  boolean await(Duration patience) throws InterruptedException {
    return assignments.await(patience);
  }

  /** Says goodbye. */
  void leave() {
    Outbox outbox = outbox();
    if (outbox != null) {
      outbox.complete();
    }
  }
}
