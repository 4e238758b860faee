package dev.slipway.schedule;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The scheduling policy: turns events into notices. Time is passed in, in nanoseconds of any origin
 * that never goes back. Not thread-safe: one owner.
 */
final class SchedulerState {
  /** Places up to this are told exactly, beyond it when they moved by a tenth. */
  private static final int EXACT_PLACES = 10;

  private final SchedulerConfig config;
  private final FairQueue queue;
  private final Workforce workforce;
  private final Map<String, QueuedStage> waiting = new HashMap<>();
  private final Map<String, Placed> running = new HashMap<>();

  /**
   * When the last worker that offered the platform left; only platforms that were offered once and
   * are not now.
   */
  private final Map<Platform, Long> unofferedSince = new HashMap<>();

  private List<Notice> notices = new ArrayList<>();
  private long sequence;
  private long nextNotice;
  private long assigned;
  private long refused;
  private long lost;

  SchedulerState(SchedulerConfig config, long nowNanos) {
    this.config = config;
    this.queue = new FairQueue(config.maxRunningPerTenant());
    this.workforce = new Workforce(config.refusalBackoff().toNanos());
    this.nextNotice = nowNanos + config.noticeInterval().toNanos();
  }

  /** Takes the event in and returns whom to tell what, in order. */
  List<Notice> handle(SchedulerEvent event, long nowNanos) {
    switch (event) {
      case SchedulerEvent.Submitted submitted -> submit(submitted, nowNanos);
      case SchedulerEvent.Withdrawn(var stageId) -> withdraw(stageId);
      case SchedulerEvent.Finished(var stageId) -> finish(stageId);
      case SchedulerEvent.Refused(var stageId, _) -> refuse(stageId, nowNanos);
      case SchedulerEvent.WorkerJoined(var worker) -> join(worker, nowNanos);
      case SchedulerEvent.WorkerLeft(var workerId) -> leave(workerId, nowNanos);
      case SchedulerEvent.Ticked() -> {}
    }
    workforce.readmit(nowNanos);
    assign(nowNanos);
    if (nowNanos - nextNotice >= 0) {
      nextNotice = nowNanos + config.noticeInterval().toNanos();
      failOverdue(nowNanos);
      announcePlaces();
    }
    List<Notice> told = notices;
    notices = new ArrayList<>();
    return told;
  }

  /** The latest time at which {@link #handle} wants to be called again, if only with a tick. */
  long nextWake() {
    return waiting.isEmpty()
        ? Long.MAX_VALUE
        : Math.min(nextNotice, workforce.nextReadmission(nextNotice));
  }

  SchedulerStats stats() {
    return new SchedulerStats(
        waiting.size(),
        running.size(),
        workforce.size(),
        workforce.slots(),
        assigned,
        refused,
        lost);
  }

  private void submit(SchedulerEvent.Submitted event, long nowNanos) {
    QueuedStage stage = new QueuedStage(event, ++sequence, nowNanos);
    Platform platform = event.request().platform();
    if (waiting.containsKey(stage.id()) || running.containsKey(stage.id())) {
      fail(stage, ErrorKind.CONFLICT, "stage " + stage.id() + " was submitted twice");
    } else if (waiting.size() >= config.maxWaiting()) {
      fail(stage, ErrorKind.EXHAUSTED, "the queue is full: " + waiting.size() + " stages wait");
    } else if (workforce.size() > 0
        && !workforce.offered().contains(platform)
        && !unofferedSince.containsKey(platform)) {
      fail(stage, ErrorKind.INVALID, nobodyRuns(platform));
    } else {
      waiting.put(stage.id(), stage);
      queue.add(stage);
    }
  }

  private void withdraw(String stageId) {
    QueuedStage stage = waiting.remove(stageId);
    if (stage != null) {
      queue.remove(stage);
    }
  }

  private void finish(String stageId) {
    Placed placed = running.remove(stageId);
    if (placed != null) {
      workforce.release(placed.workerId(), stageId);
      queue.release(placed.stage());
    }
  }

  private void refuse(String stageId, long nowNanos) {
    Placed placed = running.remove(stageId);
    if (placed == null) {
      return;
    }
    refused++;
    workforce.setAside(placed.workerId(), stageId, nowNanos);
    placed.stage().announced = QueuedStage.NOT_ANNOUNCED;
    waiting.put(stageId, placed.stage());
    queue.add(placed.stage());
    queue.release(placed.stage());
  }

  private void join(WorkerCapacity worker, long nowNanos) {
    leave(worker.workerId(), nowNanos);
    workforce.join(worker);
    unofferedSince.keySet().removeAll(worker.nativePlatforms());
    unofferedSince.keySet().removeAll(worker.emulatedPlatforms());
  }

  private void leave(String workerId, long nowNanos) {
    List<Platform> before = List.copyOf(workforce.offered());
    for (String stageId : workforce.leave(workerId)) {
      Placed placed = running.remove(stageId);
      queue.release(placed.stage());
      lost++;
      notices.add(new Notice.Lost(stageId, placed.stage().listener, workerId));
    }
    for (Platform platform : before) {
      if (!workforce.offered().contains(platform)) {
        unofferedSince.put(platform, nowNanos);
      }
    }
  }

  private void assign(long nowNanos) {
    for (QueuedStage stage = next(); stage != null; stage = next()) {
      String workerId = workforce.choose(stage.request);
      waiting.remove(stage.id());
      queue.serve(stage);
      workforce.occupy(workerId, stage.id());
      running.put(stage.id(), new Placed(stage, workerId));
      assigned++;
      notices.add(
          new Notice.Assigned(stage.id(), stage.listener, workerId, nowNanos - stage.submittedAt));
    }
  }

  /** The stage whose turn it is among those that somebody has room for. */
  private @Nullable QueuedStage next() {
    QueuedStage first = null;
    for (Platform platform : queue.platforms()) {
      QueuedStage candidate = workforce.hasRoom(platform) ? queue.peek(platform) : null;
      if (candidate != null && (first == null || queue.isBefore(candidate, first))) {
        first = candidate;
      }
    }
    return first;
  }

  private void failOverdue(long nowNanos) {
    long patience = config.workerPatience().toNanos();
    unofferedSince.values().removeIf(since -> nowNanos - since >= patience);
    for (QueuedStage stage : List.copyOf(waiting.values())) {
      Platform platform = stage.request.platform();
      long waited = nowNanos - stage.submittedAt;
      boolean nobody =
          !workforce.offered().contains(platform)
              && !unofferedSince.containsKey(platform)
              && waited >= patience;
      if (!nobody && waited < config.maxWait().toNanos()) {
        continue;
      }
      withdraw(stage.id());
      if (!nobody) {
        fail(
            stage,
            ErrorKind.EXHAUSTED,
            "no slot on a worker for "
                + platform
                + " came free in "
                + config.maxWait().toSeconds()
                + " s");
      } else if (workforce.size() == 0) {
        fail(
            stage,
            ErrorKind.UNAVAILABLE,
            "no worker can run "
                + platform
                + ": none has joined the farm for "
                + config.workerPatience().toSeconds()
                + " s");
      } else {
        fail(stage, ErrorKind.INVALID, nobodyRuns(platform));
      }
    }
  }

  private void announcePlaces() {
    for (Platform platform : queue.platforms()) {
      queue.forEachInOrder(
          platform,
          (stage, place) -> {
            int moved = Math.abs(place - stage.announced);
            if (stage.announced == QueuedStage.NOT_ANNOUNCED
                || (moved > 0 && (place <= EXACT_PLACES || moved * 10 >= place))) {
              stage.announced = place;
              notices.add(new Notice.Waiting(stage.id(), stage.listener, place));
            }
          });
    }
  }

  private String nobodyRuns(Platform platform) {
    String offered =
        workforce.offered().stream().sorted().map(Platform::id).collect(Collectors.joining(", "));
    return "no worker can run " + platform + ": workers offer " + offered;
  }

  private void fail(QueuedStage stage, ErrorKind kind, String message) {
    notices.add(new Notice.Failed(stage.id(), stage.listener, new SlipwayException(kind, message)));
  }

  private record Placed(QueuedStage stage, String workerId) {}
}
