package dev.slipway.fleet;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Heartbeat;
import dev.slipway.protocol.worker.PushEvent;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker in one membership: its link and who waits for what it will say. What arrives is routed
 * on the reader's thread, in order. @ThreadSafe
 */
final class Member {
  private static final Logger LOG = LoggerFactory.getLogger(Member.class);

  final WorkerNode node;
  final WorkerLink link;
  private final Map<String, StageListener> stages = new ConcurrentHashMap<>();
  private final Map<String, PendingReply<PushOutcome>> pushes = new ConcurrentHashMap<>();
  private final Map<String, PendingReply<ReadPathOutcome>> reads = new ConcurrentHashMap<>();
  private final Map<String, PendingReply<Answer>> asks = new ConcurrentHashMap<>();
  private volatile boolean left;
  private volatile boolean draining;
  private volatile long heardAt = System.nanoTime();

  /**
   * Whether a message of it is being handled: what it says meanwhile waits, so it is not silent.
   */
  private volatile boolean handling;

  private volatile Heartbeat lastBeat = Heartbeat.getDefaultInstance();

  Member(WorkerNode node, WorkerLink link) {
    this.node = node;
    this.link = link;
  }

  String id() {
    return node.id();
  }

  boolean hasLeft() {
    return left;
  }

  void heard() {
    heardAt = System.nanoTime();
  }

  void beat(Heartbeat heartbeat) {
    lastBeat = heartbeat;
  }

  WorkerStatus status() {
    return new WorkerStatus(
        lastBeat.getRunningStages(),
        lastBeat.getFreeBytes(),
        Duration.ofNanos(silentNanos()),
        draining);
  }

  /**
   * Time since it said something, or since this coordinator was ready to hear it: the cluster's
   * maps may keep a message waiting for as long as it takes to find that a coordinator hangs.
   */
  long silentNanos() {
    return handling ? 0 : System.nanoTime() - heardAt;
  }

  /** Handles a message of it. */
  void handle(Runnable handler) {
    handling = true;
    try {
      handler.run();
    } finally {
      heard();
      handling = false;
    }
  }

  /** Sends, or says that the worker is gone. */
  void send(CoordinatorMessage message) throws SlipwayException {
    if (left || !link.send(message)) {
      throw gone();
    }
  }

  void addStage(String stageId, StageListener listener) throws SlipwayException {
    if (stages.putIfAbsent(stageId, listener) != null) {
      throw new SlipwayException(
          ErrorKind.CONFLICT, "stage " + stageId + " runs on worker " + id() + " already");
    }
  }

  /** Returns whether it was there: if not, its listener has heard the end already. */
  boolean removeStage(String stageId) {
    return stages.remove(stageId) != null;
  }

  boolean hasStage(String stageId) {
    return stages.containsKey(stageId);
  }

  void addPush(String pushId, PendingReply<PushOutcome> reply) {
    pushes.put(pushId, reply);
  }

  void removePush(String pushId) {
    pushes.remove(pushId);
  }

  void addRead(String requestId, PendingReply<ReadPathOutcome> reply) {
    reads.put(requestId, reply);
  }

  void removeRead(String requestId) {
    reads.remove(requestId);
  }

  void addAsk(String id, PendingReply<Answer> reply) {
    asks.put(id, reply);
  }

  void removeAsk(String id) {
    asks.remove(id);
  }

  void answered(Answer answer) {
    PendingReply<Answer> reply = asks.remove(answer.getId());
    if (reply != null) {
      reply.answer(answer);
    }
  }

  void stageEvent(StageEvent event) {
    StageListener listener = stages.get(event.getStageId());
    if (listener != null) {
      guarded(() -> listener.event(event));
    }
  }

  void stageOutcome(StageOutcome outcome) {
    StageListener listener = stages.remove(outcome.getStageId());
    if (listener != null) {
      guarded(() -> listener.outcome(outcome));
    }
  }

  void pushEvent(PushEvent event) {
    PendingReply<PushOutcome> reply = pushes.get(event.getPushId());
    if (reply != null) {
      guarded(() -> reply.news(event.getStatus()));
    }
  }

  void pushOutcome(PushOutcome outcome) {
    PendingReply<PushOutcome> reply = pushes.remove(outcome.getPushId());
    if (reply != null) {
      reply.answer(outcome);
    }
  }

  void readOutcome(ReadPathOutcome outcome) {
    PendingReply<ReadPathOutcome> reply = reads.remove(outcome.getRequestId());
    if (reply != null) {
      reply.answer(outcome);
    }
  }

  boolean isDraining() {
    return draining;
  }

  void drains() {
    draining = true;
  }

  /** Tells those who wait for its stages that they are lost; to be called when it has left. */
  void loseStages() {
    for (String stageId : List.copyOf(stages.keySet())) {
      StageListener listener = stages.remove(stageId);
      if (listener != null) {
        guarded(listener::lost);
      }
    }
  }

  /** Ends the membership: nothing is sent or routed any more, questions fail. */
  void leave(Status reason) {
    left = true;
    link.close(reason);
    pushes.values().forEach(reply -> reply.fail(gone()));
    reads.values().forEach(reply -> reply.fail(gone()));
    asks.values().forEach(reply -> reply.fail(gone()));
  }

  SlipwayException gone() {
    return new SlipwayException(ErrorKind.UNAVAILABLE, "worker " + id() + " has left the farm");
  }

  /** A consumer's defect must not cost the farm a worker. */
  private void guarded(Runnable delivery) {
    try {
      delivery.run();
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("worker", id())
          .setCause(e)
          .log("a consumer of a worker's message failed");
    }
  }
}
