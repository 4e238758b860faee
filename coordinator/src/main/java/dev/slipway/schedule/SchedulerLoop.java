package dev.slipway.schedule;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The farm's scheduler: one thread that drains the events, lets {@link SchedulerState} decide and
 * tells the listeners. @ThreadSafe
 */
public final class SchedulerLoop implements Scheduler, WorkerChanges, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulerLoop.class);

  /**
   * Events taken before the listeners hear of them; bounds the delay of the first when thousands
   * arrive at once.
   */
  private static final int BATCH = 256;

  /** How long {@link #close} waits for a listener that is being called. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

  /** Hears how long stages waited. Called by the loop: must not block. */
  public interface QueueTimes {
    void placed(StageRequest request, Duration waited);
  }

  private final SchedulerConfig config;
  private final QueueTimes queueTimes;
  private final int maxEvents;

  /**
   * Not bounded by itself: submissions are by {@link #maxEvents}, all others follow a submission or
   * a member.
   */
  private final BlockingQueue<SchedulerEvent> events = new LinkedBlockingQueue<>();

  private final Thread thread;
  private volatile SchedulerStats stats = SchedulerStats.EMPTY;
  private volatile boolean stopped;

  private SchedulerLoop(SchedulerConfig config, QueueTimes queueTimes) {
    this.config = config;
    this.queueTimes = queueTimes;
    this.maxEvents = 2 * Math.min(config.settings().maxWaiting(), Integer.MAX_VALUE / 2);
    this.thread = Thread.ofPlatform().name("scheduler").daemon().unstarted(this::drain);
  }

  /** Starts the loop. */
  public static SchedulerLoop start(SchedulerConfig config) {
    return start(config, (_, _) -> {});
  }

  /**
   * Starts the loop.
   *
   * @param queueTimes told of each assigned stage how long it had waited
   */
  public static SchedulerLoop start(SchedulerConfig config, QueueTimes queueTimes) {
    SchedulerLoop loop = new SchedulerLoop(config, queueTimes);
    loop.thread.start();
    return loop;
  }

  /** The queue as it was a moment ago. */
  public SchedulerStats stats() {
    return stats;
  }

  @Override
  public void submit(StageRequest request, Listener listener) throws SlipwayException {
    submit(request, listener, Past.NONE);
  }

  /** Queues a stage, or counts a running one, that another queue had before. */
  public void submit(StageRequest request, Listener listener, Past past) throws SlipwayException {
    if (stopped) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "stage " + request.stageId() + " was not queued: the coordinator is stopping");
    }
    if (!past.admitted() && events.size() >= maxEvents) {
      throw new Verdicts(config).queueFull();
    }
    events.add(new SchedulerEvent.Submitted(request, listener, past));
  }

  /**
   * Drops a stage, waiting or running, whose owner is gone or has taken it elsewhere; its listener
   * may still hear what was on its way.
   */
  public void forget(String stageId) {
    events.add(new SchedulerEvent.Forgotten(stageId));
  }

  /**
   * From now on this is the farm's queue in place of another: it assigns nothing for a moment, in
   * which all coordinators say what they have.
   */
  public void takeOver() {
    events.add(new SchedulerEvent.TakenOver());
  }

  @Override
  public void withdraw(String stageId) {
    events.add(new SchedulerEvent.Withdrawn(stageId));
  }

  @Override
  public void finished(String stageId) {
    events.add(new SchedulerEvent.Finished(stageId));
  }

  @Override
  public void refused(String stageId, String reason) {
    LOG.atDebug()
        .addKeyValue("stage", stageId)
        .addKeyValue("reason", reason)
        .log("stage refused by its worker");
    events.add(new SchedulerEvent.Refused(stageId, reason));
  }

  @Override
  public void workerJoined(WorkerCapacity worker) {
    events.add(new SchedulerEvent.WorkerJoined(worker));
  }

  @Override
  public void workerDraining(String workerId) {
    events.add(new SchedulerEvent.WorkerDraining(workerId));
  }

  @Override
  public void workerLeft(String workerId) {
    events.add(new SchedulerEvent.WorkerLeft(workerId));
  }

  /** Stops the loop; listeners hear nothing more. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join(STOP_PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void drain() {
    SchedulerState state = new SchedulerState(config, System.nanoTime());
    List<SchedulerEvent> batch = new ArrayList<>();
    try {
      while (!stopped) {
        long wake = state.nextWake();
        SchedulerEvent first =
            wake == Long.MAX_VALUE
                ? events.take()
                : events.poll(Math.max(0, wake - System.nanoTime()), TimeUnit.NANOSECONDS);
        batch.add(first == null ? new SchedulerEvent.Ticked() : first);
        events.drainTo(batch, BATCH - 1);
        List<Notice> notices = new ArrayList<>();
        long now = System.nanoTime();
        batch.forEach(event -> notices.addAll(state.handle(event, now)));
        batch.clear();
        stats = state.stats();
        notices.forEach(this::tell);
      }
    } catch (InterruptedException _) {
      LOG.debug("scheduler stopped");
    } finally {
      stopped = true;
    }
  }

  private void tell(Notice notice) {
    try {
      if (notice instanceof Notice.Assigned assigned) {
        LOG.atDebug()
            .addKeyValue("stage", assigned.stageId())
            .addKeyValue("worker", assigned.workerId())
            .addKeyValue("waitedMillis", TimeUnit.NANOSECONDS.toMillis(assigned.waitedNanos()))
            .log("stage placed");
        queueTimes.placed(assigned.request(), Duration.ofNanos(assigned.waitedNanos()));
      }
      notice.deliver();
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("stage", notice.stageId())
          .setCause(e)
          .log("a listener of the scheduler failed");
    }
  }
}
