package dev.slipway.queue;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.StageRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** One stage of a build, and what it heard. @ThreadSafe */
final class Build implements Scheduler.Listener {
  final String stageId;
  final List<String> heard = new CopyOnWriteArrayList<>();

  /** How often it was given to a worker and not taken from it since. */
  final AtomicInteger running = new AtomicInteger();

  volatile boolean twice;

  Build(String stageId) {
    this.stageId = stageId;
  }

  Build submitTo(TestCoordinators.One coordinator) throws SlipwayException {
    return submitTo(coordinator, "t1");
  }

  Build submitTo(TestCoordinators.One coordinator, String tenant) throws SlipwayException {
    coordinator.scheduler.submit(
        new StageRequest(stageId, "build-" + stageId, tenant, Platform.LINUX_AMD64, Map.of()),
        this);
    return this;
  }

  void finish(TestCoordinators.One coordinator) {
    running.decrementAndGet();
    coordinator.scheduler.finished(stageId);
  }

  /** What it heard but its places. */
  List<String> turns() {
    return heard.stream().filter(text -> !text.startsWith("waiting")).toList();
  }

  boolean isRunning() {
    return running.get() > 0;
  }

  @Override
  public void assigned(String workerId) {
    twice |= running.incrementAndGet() > 1;
    heard.add("assigned " + workerId);
  }

  @Override
  public void waiting(int ahead, String reason) {
    heard.add("waiting " + ahead + (reason.isEmpty() ? "" : ": " + reason));
  }

  @Override
  public void lost(String workerId) {
    running.decrementAndGet();
    heard.add("lost " + workerId);
  }

  @Override
  public void failed(SlipwayException reason) {
    heard.add("failed " + reason.kind() + " " + reason.getMessage());
  }
}
