package dev.slipway.web.page;

import dev.slipway.graph.SourceMap;
import dev.slipway.oci.Digest;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.MovedBytes;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog;
import dev.slipway.progress.StageNews;
import dev.slipway.progress.StageRecords;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/** Makes a build for the page, second by second. */
final class Builds {
  static final Instant START = Instant.parse("2026-11-27T10:00:00Z");

  private final String id;
  private final ProgressLog log = new ProgressLog(Clock.fixed(START, ZoneOffset.UTC));
  private final StageRecords stages = new StageRecords();
  private String name = "Dockerfile";
  private String tenant = "default";
  private Optional<BuildDetail.Place> blame = Optional.empty();
  private Optional<String> error = Optional.empty();

  private Builds(String id) {
    this.id = id;
  }

  static Builds build(String id) {
    return new Builds(id);
  }

  static Instant at(double second) {
    return START.plusMillis(Math.round(second * 1000));
  }

  Builds named(String text) {
    name = text;
    return this;
  }

  Builds of(String team) {
    tenant = team;
    return this;
  }

  static VertexState vertex(String step, Digest... inputs) {
    VertexState bare = VertexState.internal(step, step);
    return new VertexState(
        bare.digest(),
        List.of(inputs),
        step,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** A stage of one step that waited from one second to the next and ran to the third. */
  Builds ran(String step, String worker, double queued, double placed, double ended) {
    VertexState state = vertex(step);
    log.vertex(state);
    stages.add(new StageNews.Queued(step, at(queued), List.of(state.digest()), "linux/amd64"));
    stages.add(new StageNews.Waiting(step, at(queued), "waiting for a worker, 3 stages ahead"));
    stages.add(new StageNews.Placed(step, at(placed), worker));
    log.vertex(state.started(at(placed)));
    log.vertex(state.started(at(placed)).completed(at(ended)));
    stages.add(new StageNews.Ended(step, at(ended), "succeeded"));
    return this;
  }

  Builds runs(String step, String worker, double placed) {
    VertexState state = vertex(step);
    log.vertex(state);
    stages.add(new StageNews.Queued(step, at(placed), List.of(state.digest()), "linux/amd64"));
    stages.add(new StageNews.Placed(step, at(placed), worker));
    log.vertex(state.started(at(placed)));
    return this;
  }

  Builds has(VertexState state) {
    log.vertex(state);
    return this;
  }

  Builds says(String step, String text) {
    log.log(new LogChunk(vertex(step).digest(), 1, text.getBytes(StandardCharsets.UTF_8), at(1)));
    return this;
  }

  Builds failedAt(String file, String text, int line, String message) {
    blame =
        Optional.of(
            new BuildDetail.Place(
                new SourceMap.SourceFile(file, text.getBytes(StandardCharsets.UTF_8), "Dockerfile"),
                List.of(SourceMap.Range.lines(line, line))));
    error = Optional.of(message);
    return this;
  }

  BuildDetail running() {
    return detail(BuildSummary.State.RUNNING, Optional.empty());
  }

  BuildDetail ended(double second) {
    log.close();
    return detail(
        error.isPresent() ? BuildSummary.State.FAILED : BuildSummary.State.SUCCEEDED,
        Optional.of(START.plus(Duration.ofMillis(Math.round(second * 1000)))));
  }

  private BuildDetail detail(BuildSummary.State state, Optional<Instant> completed) {
    return new BuildDetail(
        new BuildSummary(
            id, name, tenant, state, START, completed, error, MovedBytes.NONE, List.of()),
        log.vertices(),
        stages.all(),
        blame,
        log);
  }
}
