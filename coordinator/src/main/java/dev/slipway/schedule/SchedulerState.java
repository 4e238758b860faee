package dev.slipway.schedule;

import dev.slipway.config.QueueSettings;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.SchedulerStats.Backlog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The scheduling policy: turns events into notices. Time is passed in, in nanoseconds of any origin
 * that never goes back. Not thread-safe: one owner.
 */
final class SchedulerState {
  /** Places up to this are told exactly, beyond it when they moved by a tenth. */
  private static final int EXACT_PLACES = 10;

  /** Different sets of labels that stages wait for; each costs a look at every turn. */
  private static final int MAX_LABELLED_DEMANDS = 256;

  private final SchedulerConfig config;
  private final QueueSettings settings;
  private final Verdicts verdicts;
  private final FairQueue queue;
  private final Workforce workforce;
  private final Map<String, QueuedStage> waiting = new HashMap<>();
  private final Map<String, Placed> running = new HashMap<>();

  /** Of those that run: on a worker that has not joined here, since when. */
  private final Map<String, Long> strays = new HashMap<>();

  /** Since when stages wait for something that nobody offers. */
  private final Map<Demand, Long> unofferedSince = new HashMap<>();

  private List<Notice> notices = new ArrayList<>();
  private long oldestNanos;
  private long sequence;
  private long nextNotice;
  private long pausedUntil;
  private boolean paused;
  private long assigned;
  private long refused;
  private long lost;

  SchedulerState(SchedulerConfig config, long nowNanos) {
    this.config = config;
    this.settings = config.settings();
    this.verdicts = new Verdicts(config);
    this.queue = new FairQueue(tenant -> settings.limits(tenant).maxRunning());
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
      case SchedulerEvent.Forgotten(var stageId) -> {
        withdraw(stageId);
        finish(stageId);
      }
      case SchedulerEvent.WorkerJoined(var worker) -> {
        join(worker);
        watchOffers(nowNanos);
      }
      case SchedulerEvent.WorkerDraining(var workerId) -> {
        workforce.drain(workerId);
        watchOffers(nowNanos);
      }
      case SchedulerEvent.WorkerLeft(var workerId) -> {
        leave(workerId);
        watchOffers(nowNanos);
      }
      case SchedulerEvent.TakenOver() -> {
        paused = true;
        pausedUntil = nowNanos + config.takeoverPause().toNanos();
      }
      case SchedulerEvent.Ticked() -> {}
    }
    workforce.readmit(nowNanos);
    assign(nowNanos);
    if (nowNanos - nextNotice >= 0) {
      nextNotice = nowNanos + config.noticeInterval().toNanos();
      notice(nowNanos);
    }
    List<Notice> told = notices;
    notices = new ArrayList<>();
    return told;
  }

  /** The latest time at which {@link #handle} wants to be called again, if only with a tick. */
  long nextWake() {
    if (waiting.isEmpty() && strays.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long wake = earlier(nextNotice, workforce.nextReadmission(nextNotice));
    return paused ? earlier(wake, pausedUntil) : wake;
  }

  private static long earlier(long left, long right) {
    return left - right < 0 ? left : right;
  }

  SchedulerStats stats() {
    return new SchedulerStats(
        waiting.size(),
        running.size(),
        workforce.size(),
        workforce.slots(),
        assigned,
        refused,
        lost,
        backlog());
  }

  private void submit(SchedulerEvent.Submitted event, long nowNanos) {
    Past past = event.past();
    QueuedStage stage = new QueuedStage(event, ++sequence, nowNanos - past.waited().toNanos());
    StageRequest request = event.request();
    if (waiting.containsKey(stage.id()) || running.containsKey(stage.id())) {
      fail(stage, verdicts.submittedTwice(stage.id()));
      return;
    }
    if (!past.runningOn().isEmpty()) {
      adopt(stage, past.runningOn(), nowNanos);
      return;
    }
    if (!config.platforms().isEmpty()
        && !config.platforms().contains(request.demand().platform())) {
      fail(stage, verdicts.notBuiltFor(request.demand().platform()));
      return;
    }
    if (!past.admitted() && !request.again() && turnedAway(stage)) {
      return;
    }
    waiting.put(stage.id(), stage);
    queue.add(stage);
    watchOffers(stage.demand(), nowNanos);
  }

  private boolean turnedAway(QueuedStage stage) {
    String tenant = stage.request.tenant();
    Demand demand = stage.demand();
    if (waiting.size() >= settings.maxWaiting()) {
      fail(stage, verdicts.queueFull());
      return true;
    }
    if (queue.waiting(tenant) >= settings.limits(tenant).maxWaiting()) {
      fail(stage, verdicts.tenantFull(tenant));
      return true;
    }
    if (!demand.labels().isEmpty()
        && !queue.waiting().containsKey(demand)
        && queue.waiting().size() >= MAX_LABELLED_DEMANDS) {
      fail(stage, verdicts.tooManyDemands(MAX_LABELLED_DEMANDS));
      return true;
    }
    return false;
  }

  /** Counts a stage that another queue has placed. */
  private void adopt(QueuedStage stage, String workerId, long nowNanos) {
    running.put(stage.id(), new Placed(stage, workerId));
    queue.adopt(stage);
    if (workforce.knows(workerId)) {
      workforce.occupy(workerId, stage.id());
    } else {
      strays.put(stage.id(), nowNanos);
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
      if (strays.remove(stageId) == null) {
        workforce.release(placed.workerId(), stageId);
      }
      queue.release(placed.stage());
    }
  }

  private void refuse(String stageId, long nowNanos) {
    Placed placed = running.remove(stageId);
    if (placed == null) {
      return;
    }
    refused++;
    if (strays.remove(stageId) == null) {
      workforce.setAside(placed.workerId(), stageId, nowNanos);
    }
    placed.stage().announced = QueuedStage.NOT_ANNOUNCED;
    waiting.put(stageId, placed.stage());
    queue.add(placed.stage());
    queue.release(placed.stage());
  }

  private void join(WorkerCapacity worker) {
    leave(worker.workerId());
    workforce.join(worker);
    strays
        .keySet()
        .removeIf(stageId -> {
          boolean isHere = running.get(stageId).workerId().equals(worker.workerId());
          if (isHere) {
            workforce.occupy(worker.workerId(), stageId);
          }
          return isHere;
        });
  }

  private void leave(String workerId) {
    for (String stageId : workforce.leave(workerId)) {
      lose(stageId);
    }
  }

  private void lose(String stageId) {
    Placed placed = running.remove(stageId);
    queue.release(placed.stage());
    lost++;
    notices.add(new Notice.Lost(stageId, placed.stage().listener, placed.workerId()));
  }

  private void assign(long nowNanos) {
    if (paused && nowNanos - pausedUntil < 0) {
      return;
    }
    paused = false;
    for (Choice choice = next(nowNanos); choice != null; choice = next(nowNanos)) {
      QueuedStage stage = choice.stage();
      String workerId = workforce.choose(stage.request, choice.pool(), choice.natively());
      waiting.remove(stage.id());
      queue.serve(stage);
      workforce.occupy(workerId, stage.id());
      running.put(stage.id(), new Placed(stage, workerId));
      assigned++;
      notices.add(
          new Notice.Assigned(
              stage.request, stage.listener, workerId, nowNanos - stage.submittedAt));
    }
  }

  /** The stage whose turn it is among those that somebody has room for. */
  private @Nullable Choice next(long nowNanos) {
    Choice first = null;
    for (Demand demand : queue.ready()) {
      Pool pool = workforce.pool(demand);
      boolean natively = !pool.nativeRoom.isEmpty();
      if (!natively && pool.emulatedRoom.isEmpty()) {
        continue;
      }
      QueuedStage candidate = queue.peek(demand);
      if (!natively && pool.natives > 0 && !mayBeEmulated(candidate, nowNanos)) {
        continue;
      }
      if (first == null || queue.isBefore(candidate, first.stage())) {
        first = new Choice(candidate, pool, natively);
      }
    }
    return first;
  }

  /**
   * Emulation is slow and keeps a slot that other stages run natively on: it is for when a native
   * worker does not come free soon.
   */
  private boolean mayBeEmulated(QueuedStage stage, long nowNanos) {
    return nowNanos - stage.submittedAt >= settings.emulationPatience().toNanos();
  }

  /** What is done now and then: stages that waited too long, places, figures. */
  private void notice(long nowNanos) {
    workforce.keepPools(queue.waiting().keySet());
    watchOffers(nowNanos);
    loseStrays(nowNanos);
    oldestNanos = failOverdue(nowNanos);
    queue.waiting().keySet().forEach(this::announcePlaces);
  }

  private void watchOffers(long nowNanos) {
    unofferedSince.keySet().retainAll(queue.waiting().keySet());
    queue.waiting().keySet().forEach(demand -> watchOffers(demand, nowNanos));
  }

  private void watchOffers(Demand demand, long nowNanos) {
    if (workforce.pool(demand).isEmpty()) {
      unofferedSince.putIfAbsent(demand, nowNanos);
    } else {
      unofferedSince.remove(demand);
    }
  }

  private void loseStrays(long nowNanos) {
    for (Map.Entry<String, Long> stray : List.copyOf(strays.entrySet())) {
      if (nowNanos - stray.getValue() >= config.strayPatience().toNanos()) {
        strays.remove(stray.getKey());
        lose(stray.getKey());
      }
    }
  }

  /** Returns how long the stage has waited that has waited longest. */
  private long failOverdue(long nowNanos) {
    long patience = settings.workerPatience().toNanos();
    long oldest = 0;
    for (QueuedStage stage : List.copyOf(waiting.values())) {
      long waited = nowNanos - stage.submittedAt;
      Long since = unofferedSince.get(stage.demand());
      boolean nobody = since != null && Math.min(waited, nowNanos - since) >= patience;
      if (!nobody && waited < settings.maxWait().toNanos()) {
        oldest = Math.max(oldest, waited);
        continue;
      }
      withdraw(stage.id());
      fail(
          stage,
          !nobody
              ? verdicts.waitedTooLong(stage.demand())
              : workforce.size() == 0
                  ? verdicts.farmEmpty(stage.demand())
                  : verdicts.nobodyRuns(stage.demand(), workforce.offered()));
    }
    return oldest;
  }

  private void announcePlaces(Demand demand) {
    String nobody = unofferedSince.containsKey(demand) ? verdicts.awaitsWorker(demand) : "";
    queue.forEachInOrder(
        demand,
        (stage, place) -> {
          String tenant = stage.request.tenant();
          String reason =
              nobody.isEmpty() && queue.isBound(tenant)
                  ? verdicts.awaitsTenant(tenant, queue.running(tenant))
                  : nobody;
          int moved = Math.abs(place - stage.announced);
          if (stage.announced == QueuedStage.NOT_ANNOUNCED
              || !reason.equals(stage.announcedReason)
              || (moved > 0 && (place <= EXACT_PLACES || moved * 10 >= place))) {
            stage.announced = place;
            stage.announcedReason = reason;
            notices.add(new Notice.Waiting(stage.id(), stage.listener, place, reason));
          }
        });
  }

  private Backlog backlog() {
    Map<Platform, Integer> byPlatform = new HashMap<>();
    queue
        .waiting()
        .forEach((demand, count) -> byPlatform.merge(demand.platform(), count, Integer::sum));
    Map<String, SchedulerStats.Share> tenants = new HashMap<>();
    for (String tenant : settings.tenants().keySet()) {
      tenants.put(tenant, share(tenant));
    }
    SchedulerStats.Share unnamed = share(Standing.DEFAULT.tenant());
    if (!unnamed.equals(SchedulerStats.Share.NONE)) {
      tenants.put(Standing.DEFAULT.tenant(), unnamed);
    }
    return new Backlog(byPlatform, Duration.ofNanos(waiting.isEmpty() ? 0 : oldestNanos), tenants);
  }

  private SchedulerStats.Share share(String tenant) {
    return new SchedulerStats.Share(queue.waiting(tenant), queue.running(tenant));
  }

  private void fail(QueuedStage stage, SlipwayException reason) {
    notices.add(new Notice.Failed(stage.id(), stage.listener, reason));
  }

  private record Placed(QueuedStage stage, String workerId) {}

  private record Choice(QueuedStage stage, Pool pool, boolean natively) {}
}
