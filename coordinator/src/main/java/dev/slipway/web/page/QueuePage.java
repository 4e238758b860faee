package dev.slipway.web.page;

import dev.slipway.config.QueueSettings.Limits;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.StageRecord;
import dev.slipway.schedule.SchedulerStats;
import dev.slipway.schedule.SchedulerStats.Share;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The farm's queue: what waits and runs by tenant, and what this coordinator's builds wait for. */
final class QueuePage implements Pages.Source {
  private static final Duration REFRESH = Duration.ofSeconds(1);
  private static final String OTHERS = "all others";

  /** Waiting stages in the list; a longer queue is a figure. */
  private static final int MAX_STAGES = 200;

  private final PageParts parts;

  QueuePage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param here whether the farm's queue is at this coordinator
   * @param stages of this coordinator's builds that wait
   */
  record Model(
      boolean here,
      int waiting,
      int running,
      int slots,
      String oldest,
      String maxWaiting,
      List<Tenant> tenants,
      Map<String, Integer> platforms,
      List<Waiting> stages) {}

  /** A tenant's part of the queue. Bounds are words: a number or none. */
  record Tenant(String name, int waiting, int running, String maxRunning, String maxWaiting) {}

  /** A stage that waits. */
  record Waiting(
      String build,
      String buildName,
      String tenant,
      int step,
      String name,
      String platform,
      String why,
      String waited,
      long sinceMillis) {}

  @Override
  public View view(PageRequest request) {
    SchedulerStats stats = parts.queue().get();
    Map<String, Integer> platforms = new TreeMap<>();
    stats
        .backlog()
        .byPlatform()
        .forEach((platform, count) -> platforms.merge(platform.id(), count, Integer::sum));
    Model model =
        new Model(
            parts.coordinators().get().stream()
                .findFirst()
                .filter(oldest -> !oldest.id().equals(parts.self()))
                .isEmpty(),
            stats.waiting(),
            stats.running(),
            stats.slots(),
            stats.waiting() == 0 ? "" : Text.duration(stats.backlog().oldest()),
            bound(parts.limits().maxWaiting()),
            tenants(stats, request),
            platforms,
            waiting(request));
    return View.live("Queue", Section.QUEUE, "queue", model, REFRESH);
  }

  private List<Tenant> tenants(SchedulerStats stats, PageRequest request) {
    List<Tenant> tenants = new ArrayList<>();
    int waiting = stats.waiting();
    int running = stats.running();
    for (Map.Entry<String, Share> entry : new TreeMap<>(stats.backlog().tenants()).entrySet()) {
      Share share = entry.getValue();
      waiting -= share.waiting();
      running -= share.running();
      if (request.viewer().sees(entry.getKey())) {
        tenants.add(tenant(entry.getKey(), share, parts.limits().limits(entry.getKey())));
      }
    }
    if (waiting > 0 || running > 0) {
      Share rest = new Share(Math.max(0, waiting), Math.max(0, running));
      tenants.add(tenant(OTHERS, rest, parts.limits().tenant()));
    }
    return tenants;
  }

  private static Tenant tenant(String name, Share share, Limits limits) {
    return new Tenant(
        name,
        share.waiting(),
        share.running(),
        bound(limits.maxRunning()),
        bound(limits.maxWaiting()));
  }

  private static String bound(int limit) {
    return limit == Integer.MAX_VALUE ? "no bound" : Integer.toString(limit);
  }

  private List<Waiting> waiting(PageRequest request) {
    Instant now = parts.clock().instant();
    List<Waiting> waiting = new ArrayList<>();
    for (BuildSummary build : parts.builds().recent()) {
      if (build.state() == BuildSummary.State.RUNNING && request.viewer().sees(build.tenant())) {
        parts.builds().find(build.id()).ifPresent(detail -> add(waiting, detail, now));
      }
    }
    return waiting.stream()
        .sorted(java.util.Comparator.comparing(Waiting::sinceMillis))
        .limit(MAX_STAGES)
        .toList();
  }

  private static void add(List<Waiting> waiting, BuildDetail build, Instant now) {
    Steps steps = new Steps(build);
    for (StageRecord stage : build.stages()) {
      if (stage.placed().isEmpty() && stage.ended().isEmpty()) {
        waiting.add(
            new Waiting(
                build.summary().id(),
                build.summary().name(),
                build.summary().tenant(),
                steps.number(stage.steps().getFirst()),
                steps.name(stage.steps().getFirst()),
                stage.platform(),
                stage.waits().isEmpty() ? "waiting for a worker" : stage.waits().getLast(),
                Text.duration(Duration.between(stage.queued(), now)),
                stage.queued().toEpochMilli()));
      }
    }
  }
}
