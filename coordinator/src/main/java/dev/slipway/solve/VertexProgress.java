package dev.slipway.solve;

import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns what happens to vertices into progress: keeps each one's start so that its updates
 * agree. @ThreadSafe
 */
final class VertexProgress {
  private final Progress progress;
  private final Clock clock;
  private final Map<Digest, VertexState> states = new ConcurrentHashMap<>();

  /** Sub-lines of what vertices wait for. */
  private final Map<Digest, StatusLine> waits = new ConcurrentHashMap<>();

  VertexProgress(Progress progress, Clock clock) {
    this.progress = progress;
    this.clock = clock;
  }

  /** Makes the vertex known to the client; nothing is shown until it starts. */
  void announce(Vertex vertex) {
    VertexState state =
        new VertexState(
            vertex.digest(),
            vertex.inputs().stream().map(Edge::vertex).distinct().toList(),
            vertex.name(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            vertex.metadata().progressGroup());
    if (states.putIfAbsent(vertex.digest(), state) == null) {
      progress.vertex(state);
    }
  }

  void started(Digest vertex) {
    update(
        vertex,
        state ->
            state.started().isPresent() && state.completed().isEmpty()
                ? state
                : state.started(clock.instant()));
  }

  void completed(Digest vertex) {
    waited(vertex);
    update(vertex, state -> withStart(state).completed(clock.instant()));
  }

  void cached(Digest vertex) {
    update(vertex, state -> state.completed().isPresent() ? state : state.cached(clock.instant()));
  }

  void failed(Digest vertex, String message) {
    waited(vertex);
    update(vertex, state -> withStart(state).failed(clock.instant(), message));
  }

  void log(Digest vertex, int stream, byte[] data) {
    progress.log(new LogChunk(vertex, stream, data, clock.instant()));
  }

  void status(StatusLine line) {
    progress.status(line);
  }

  /** A sub-line without bytes: something that happened. */
  void note(Digest vertex, String text) {
    Instant now = clock.instant();
    progress.status(line(vertex, text, now, Optional.of(now)));
  }

  /**
   * The vertex waits from now on, until {@link #waited}; what it waited for before is over. Says so
   * once as long as it is for the same.
   */
  void waiting(Digest vertex, String text) {
    started(vertex);
    waits.compute(
        vertex,
        (_, before) -> {
          if (before != null && before.name().equals(text)) {
            return before;
          }
          end(before);
          StatusLine wait = line(vertex, text, clock.instant(), Optional.empty());
          progress.status(wait);
          return wait;
        });
  }

  /** The vertex waits no more; nothing happens when it did not. */
  void waited(Digest vertex) {
    waits.computeIfPresent(
        vertex,
        (_, wait) -> {
          end(wait);
          return null;
        });
  }

  private void end(@Nullable StatusLine wait) {
    if (wait != null) {
      progress.status(
          line(
              wait.vertex(),
              wait.name(),
              wait.started().orElseThrow(),
              Optional.of(clock.instant())));
    }
  }

  private StatusLine line(
      Digest vertex, String text, Instant started, Optional<Instant> completed) {
    return new StatusLine(
        text, vertex, text, 0, 0, clock.instant(), Optional.of(started), completed);
  }

  private VertexState withStart(VertexState state) {
    return state.started().isPresent() ? state : state.started(clock.instant());
  }

  private void update(Digest vertex, java.util.function.UnaryOperator<VertexState> change) {
    states.computeIfPresent(
        vertex,
        (_, before) -> {
          VertexState after = change.apply(before);
          if (after != before) {
            progress.vertex(after);
          }
          return after;
        });
  }
}
