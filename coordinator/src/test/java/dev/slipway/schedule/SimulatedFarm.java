package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;

/**
 * Workers and builds that only exist as events on a manual clock; checks as it goes that the
 * scheduler keeps its promises.
 */
final class SimulatedFarm {
  final SchedulerState state;
  final Random random;
  final Map<String, WorkerCapacity> workers = new HashMap<>();
  final Map<String, Integer> used = new HashMap<>();
  final Map<String, Integer> runningByBuild = new HashMap<>();
  final Set<String> ended = new HashSet<>();
  long now;
  long decisions;

  /** Nanoseconds that each event took. */
  final List<Long> latencies = new ArrayList<>();

  private final PriorityQueue<Ending> endings =
      new PriorityQueue<>(Comparator.comparingLong(Ending::at).thenComparing(Ending::stageId));
  private final Map<String, StageRequest> requests = new HashMap<>();
  private final Map<String, String> placedOn = new HashMap<>();
  private final Recorder listener = new Recorder();

  SimulatedFarm(SchedulerConfig config, long seed) {
    this.state = new SchedulerState(config, 0);
    this.random = new Random(seed);
  }

  void join(WorkerCapacity worker) {
    workers.put(worker.workerId(), worker);
    used.putIfAbsent(worker.workerId(), 0);
    handle(new SchedulerEvent.WorkerJoined(worker));
  }

  void leave(String workerId) {
    workers.remove(workerId);
    handle(new SchedulerEvent.WorkerLeft(workerId));
  }

  void submit(StageRequest request) {
    requests.put(request.stageId(), request);
    handle(new SchedulerEvent.Submitted(request, listener));
  }

  void refuseSomething() {
    if (!placedOn.isEmpty()) {
      String stage = placedOn.keySet().iterator().next();
      free(stage);
      handle(new SchedulerEvent.Refused(stage, "test"));
    }
  }

  /** Lets the next stage end, or the time pass when none runs. */
  void step() {
    Ending next = endings.poll();
    if (next == null) {
      now += Duration.ofMillis(100).toNanos();
      handle(new SchedulerEvent.Ticked());
      return;
    }
    now = Math.max(now, next.at());
    if (next.workerId().equals(placedOn.get(next.stageId()))) {
      free(next.stageId());
      check(ended.add(next.stageId()), next.stageId() + " ended twice");
      handle(new SchedulerEvent.Finished(next.stageId()));
    }
  }

  /** The time that all but one event in a hundred stayed below, in microseconds. */
  long p99Micros() {
    List<Long> sorted = latencies.stream().sorted().toList();
    return sorted.get(sorted.size() * 99 / 100) / 1000;
  }

  private void handle(SchedulerEvent event) {
    List<StageRequest> again = new ArrayList<>();
    long start = System.nanoTime();
    List<Notice> notices = state.handle(event, now);
    latencies.add(System.nanoTime() - start);
    for (Notice notice : notices) {
      switch (notice) {
        case Notice.Assigned(var request, _, var workerId, _) -> place(request.stageId(), workerId);
        case Notice.Waiting _ -> {}
        case Notice.Lost(var stageId, _, var workerId) -> {
          check(workerId.equals(placedOn.get(stageId)), stageId + " was not on " + workerId);
          free(stageId);
          again.add(requests.get(stageId));
        }
        case Notice.Failed(var stageId, _, var reason) ->
            throw new AssertionError(stageId + " failed: " + reason.getMessage());
      }
    }
    again.forEach(this::submit);
  }

  private void place(String stageId, String workerId) {
    decisions++;
    WorkerCapacity worker = workers.get(workerId);
    Platform platform = requests.get(stageId).demand().platform();
    check(worker != null, stageId + " was placed on a worker that is gone");
    check(
        worker.nativePlatforms().contains(platform)
            || worker.emulatedPlatforms().contains(platform),
        workerId + " cannot run " + platform);
    check(
        used.merge(workerId, 1, Integer::sum) <= worker.slots(),
        workerId + " has more stages than slots");
    check(placedOn.put(stageId, workerId) == null, stageId + " was placed twice");
    check(!ended.contains(stageId), stageId + " was placed after its end");
    runningByBuild.merge(requests.get(stageId).buildId(), 1, Integer::sum);
    endings.add(
        new Ending(
            now + Duration.ofMillis(100 + random.nextInt(10_000)).toNanos(), stageId, workerId));
  }

  private void free(String stageId) {
    used.merge(placedOn.remove(stageId), -1, Integer::sum);
    runningByBuild.merge(requests.get(stageId).buildId(), -1, Integer::sum);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private record Ending(long at, String stageId, String workerId) {}
}
