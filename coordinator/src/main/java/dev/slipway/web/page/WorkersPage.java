package dev.slipway.web.page;

import dev.slipway.fleet.WorkerNode;
import dev.slipway.fleet.WorkerStatus;
import dev.slipway.oci.Platform;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.StageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The workers: slots, disk, drains, and what they run. */
final class WorkersPage implements Pages.Source {
  private static final String NAME = "dev.slipway.worker.name";

  /** Workers say how they are every few seconds, and no event comes with it. */
  private static final Duration REFRESH = Duration.ofSeconds(2);

  private final PageParts parts;

  WorkersPage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param used slots that have a stage
   */
  record Model(List<Row> workers, int slots, int used) {}

  /**
   * A worker.
   *
   * @param disk what is free; empty when it has not said
   * @param others stages that it runs for builds of other coordinators, or that the viewer must not
   *     see
   */
  record Row(
      String name,
      String id,
      boolean draining,
      int slots,
      int used,
      String platforms,
      String emulated,
      String disk,
      String memory,
      String version,
      String joined,
      Map<String, String> labels,
      List<Work> work,
      int others) {}

  /** A stage that runs. */
  record Work(String build, String buildName, String step, String since, long sinceMillis) {}

  @Override
  public View view(PageRequest request) {
    Instant now = parts.clock().instant();
    Map<String, List<Work>> work = work(request, now);
    List<Row> rows =
        parts.fleet().workers().stream()
            .map(worker -> row(worker, work.getOrDefault(name(worker), List.of()), now))
            .sorted(java.util.Comparator.comparing(Row::name))
            .toList();
    Model model =
        new Model(
            rows,
            rows.stream().mapToInt(Row::slots).sum(),
            rows.stream().mapToInt(Row::used).sum());
    return View.live("Workers", Section.WORKERS, "workers", model, REFRESH);
  }

  private Row row(WorkerNode worker, List<Work> work, Instant now) {
    Optional<WorkerStatus> status = parts.fleet().status(worker.id());
    // What the worker said last is some seconds old; what was given to it since is known here.
    int used = Math.max(status.map(WorkerStatus::runningStages).orElse(0), work.size());
    Map<String, String> labels = new TreeMap<>(worker.labels());
    labels.remove(NAME);
    return new Row(
        name(worker),
        worker.id(),
        status.filter(WorkerStatus::draining).isPresent(),
        worker.slots(),
        used,
        ids(worker.nativePlatforms()),
        ids(worker.emulatedPlatforms()),
        status.map(WorkerStatus::freeBytes).filter(free -> free > 0).map(Text::bytes).orElse(""),
        worker.memoryBytes() == 0 ? "" : Text.bytes(worker.memoryBytes()),
        worker.version(),
        Text.time(worker.joinedAt(), now),
        labels,
        work,
        Math.max(0, used - work.size()));
  }

  /** What this coordinator's builds run, by the name of the worker. */
  private Map<String, List<Work>> work(PageRequest request, Instant now) {
    Map<String, List<Work>> byWorker = new HashMap<>();
    for (BuildSummary build : parts.builds().recent()) {
      if (build.state() == BuildSummary.State.RUNNING && request.viewer().sees(build.tenant())) {
        parts
            .builds()
            .find(build.id())
            .ifPresent(detail ->
                running(detail, now)
                    .forEach((worker, stages) ->
                        byWorker.computeIfAbsent(worker, _ -> new ArrayList<>()).addAll(stages)));
      }
    }
    return byWorker;
  }

  private static Map<String, List<Work>> running(BuildDetail build, Instant now) {
    Steps steps = new Steps(build);
    return build.stages().stream()
        .filter(stage -> stage.placed().isPresent() && stage.ended().isEmpty())
        .collect(
            Collectors.groupingBy(
                StageRecord::worker,
                Collectors.mapping(
                    stage ->
                        new Work(
                            build.summary().id(),
                            build.summary().name(),
                            steps.current(stage),
                            Text.duration(Duration.between(stage.placed().get(), now)),
                            stage.placed().get().toEpochMilli()),
                    Collectors.toList())));
  }

  private static String name(WorkerNode worker) {
    return worker.labels().getOrDefault(NAME, worker.id());
  }

  private static String ids(List<Platform> platforms) {
    return platforms.stream().map(Platform::id).collect(Collectors.joining(", "));
  }
}
