package dev.slipway.web.page;

import dev.slipway.config.QueueSettings;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.explain.Explanation;
import dev.slipway.explain.Provenance;
import dev.slipway.fleet.Fleet;
import dev.slipway.history.BuildCard;
import dev.slipway.history.FarmBuilds;
import dev.slipway.holdings.Holdings;
import dev.slipway.progress.BuildArchive;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.Changes;
import dev.slipway.progress.ProgressLog;
import dev.slipway.schedule.SchedulerStats;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What pages show in tests: builds that are put in, and whatever workers the fleet has. */
public final class PageFixture implements BuildArchive, FarmBuilds {
  static final String SELF = "coordinator-1";

  private final Fleet fleet;
  private final Map<String, BuildDetail> builds = new LinkedHashMap<>();
  private final List<BuildCard> others = new ArrayList<>();
  private final Map<String, Explanation> explanations = new HashMap<>();
  private final Map<String, Provenance> provenance = new HashMap<>();

  public PageFixture(Fleet fleet) {
    this.fleet = fleet;
  }

  /** Adds a build of which nothing but this is known. */
  public PageFixture with(BuildSummary build) {
    return with(
        new BuildDetail(
            build, List.of(), List.of(), Optional.empty(), new ProgressLog(Clock.systemUTC())));
  }

  PageFixture with(BuildDetail build) {
    builds.put(build.summary().id(), build);
    return this;
  }

  /** Adds a build of another coordinator. */
  PageFixture with(BuildCard card) {
    others.add(card);
    return this;
  }

  /** Adds why a build was not cached. */
  public PageFixture with(Explanation explanation) {
    explanations.put(explanation.buildId(), explanation);
    return this;
  }

  /** Adds where a layer comes from. */
  PageFixture with(String layer, Provenance from) {
    provenance.put(layer, from);
    return this;
  }

  public PageParts parts() {
    return new PageParts(
        fleet,
        this,
        this,
        () ->
            List.of(
                new CoordinatorRecord(
                    SELF, "127.0.0.1:1", List.of(), "127.0.0.1:8080", Instant.EPOCH)),
        SELF,
        () ->
            new SchedulerStats(
                0, 0, 0, 0, 0, 0, 0, new SchedulerStats.Backlog(Map.of(), Duration.ZERO, Map.of())),
        QueueSettings.DEFAULT,
        id -> Optional.ofNullable(explanations.get(id)),
        new Holdings(fleet, _ -> provenance, Clock.systemUTC()),
        new Changes(),
        true,
        Clock.systemUTC());
  }

  @Override
  public List<BuildSummary> recent() {
    return builds.values().stream().map(BuildDetail::summary).toList().reversed();
  }

  @Override
  public Optional<BuildDetail> find(String id) {
    return Optional.ofNullable(builds.get(id));
  }

  @Override
  public List<BuildCard> all() {
    List<BuildCard> all = new ArrayList<>(others);
    recent().forEach(build -> all.add(BuildCard.of(build, SELF, "127.0.0.1:8080")));
    return all;
  }

  @Override
  public Optional<BuildCard> card(String id) {
    return all().stream().filter(card -> card.id().equals(id)).findFirst();
  }

  @Override
  public boolean isLive(BuildCard card) {
    return card.coordinator().equals(SELF);
  }
}
