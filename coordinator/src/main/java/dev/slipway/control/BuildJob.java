package dev.slipway.control;

import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildReport.Step;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.MovedBytes;
import dev.slipway.progress.ProgressLog;
import dev.slipway.progress.StageNews;
import dev.slipway.progress.StageRecords;
import dev.slipway.solve.BuildContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One build from its Solve call to the time it is forgotten. @ThreadSafe */
final class BuildJob {
  /** What a step weighs beside its name: a guess of its objects. */
  private static final int STEP_WEIGHT = 250;

  /** Steps that are kept for pages; progress has all of them. */
  private static final int MAX_STEPS = 2000;

  private final String ref;
  private final String name;
  private final ProgressLog progress;
  private final GatewayBuild gateway;
  private final boolean gatewayMode;
  private final boolean internal;
  private final Instant startedAt;

  // Guarded by this.
  private final List<Step> steps = new ArrayList<>();
  private BuildSummary.State state = BuildSummary.State.RUNNING;
  private Optional<Instant> completedAt = Optional.empty();
  private Optional<String> error = Optional.empty();
  private MovedBytes moved = MovedBytes.NONE;
  private long stepBytes;
  private final StageRecords stages = new StageRecords();
  private Optional<BuildDetail.Place> blame = Optional.empty();

  /**
   * @param gatewayMode whether the client's own frontend may call
   * @param internal whether it is a client's probe and of no interest to people
   */
  record Kind(String name, boolean gatewayMode, boolean internal) {}

  BuildJob(String ref, Kind kind, ProgressLog progress, GatewayBuild gateway, Instant startedAt) {
    this.ref = ref;
    this.name = kind.name();
    this.progress = progress;
    this.gateway = gateway;
    this.gatewayMode = kind.gatewayMode();
    this.internal = kind.internal();
    this.startedAt = startedAt;
  }

  String ref() {
    return ref;
  }

  String name() {
    return name;
  }

  /** On whose behalf; what it brings to the queue may be known only after the first call. */
  BuildContext context() {
    return gateway.context();
  }

  ProgressLog progress() {
    return progress;
  }

  GatewayBuild gateway() {
    return gateway;
  }

  boolean takesGatewayCalls() {
    return gatewayMode;
  }

  boolean isInternal() {
    return internal;
  }

  Instant startedAt() {
    return startedAt;
  }

  synchronized void add(Step step) {
    moved = moved.plus(step.moved());
    if (steps.size() < MAX_STEPS) {
      steps.add(step);
      stepBytes += STEP_WEIGHT + step.name().length();
    }
  }

  synchronized void add(StageNews news) {
    stages.add(news);
  }

  /** Where in which file it failed. */
  synchronized void blame(BuildDetail.Place place) {
    blame = Optional.of(place);
  }

  /** Estimated bytes that it keeps. */
  synchronized long size() {
    return progress.size() + stepBytes + stages.size();
  }

  synchronized void complete(BuildSummary.State end, Optional<String> why, Instant at) {
    state = end;
    error = why;
    completedAt = Optional.of(at);
  }

  /** What was moved to workers for it so far. */
  synchronized MovedBytes moved() {
    return moved;
  }

  synchronized BuildSummary summary() {
    return new BuildSummary(
        ref(), name, context().tenant(), state, startedAt, completedAt, error, moved, steps);
  }

  synchronized BuildDetail detail() {
    return new BuildDetail(summary(), progress.vertices(), stages.all(), blame, progress);
  }
}
