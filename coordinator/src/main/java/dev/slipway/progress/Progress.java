package dev.slipway.progress;

import dev.slipway.graph.SourceMap;
import dev.slipway.graph.VertexMetadata.ProgressGroup;
import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where a build's progress goes. Calls never block. @ThreadSafe */
public interface Progress {
  /** Throws everything away. */
  Progress NONE =
      new Progress() {
        @Override
        public void vertex(VertexState vertex) {}

        @Override
        public void status(StatusLine status) {}

        @Override
        public void log(LogChunk chunk) {}

        @Override
        public void warning(Warning warning) {}
      };

  /** Replaces what is known of the vertex; each update is complete. */
  void vertex(VertexState vertex);

  /** Replaces a sub-line of a vertex that was announced before. */
  void status(StatusLine status);

  void log(LogChunk chunk);

  void warning(Warning warning);

  /** What happened, complete in itself. */
  sealed interface Event permits VertexState, StatusLine, LogChunk, Warning {}

  /** A vertex as the client shows it. Completed needs started; cached needs both. */
  record VertexState(
      Digest digest,
      List<Digest> inputs,
      String name,
      boolean cached,
      Optional<Instant> started,
      Optional<Instant> completed,
      Optional<String> error,
      Optional<ProgressGroup> group)
      implements Event {
    public VertexState {
      inputs = List.copyOf(inputs);
    }

    /** A vertex outside the graph, its digest made from a unique text. */
    public static VertexState internal(String uniqueId, String name) {
      return new VertexState(
          Digest.ofText(uniqueId),
          List.of(),
          name,
          false,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    public VertexState started(Instant at) {
      return new VertexState(
          digest, inputs, name, cached, Optional.of(at), Optional.empty(), Optional.empty(), group);
    }

    public VertexState completed(Instant at) {
      return new VertexState(
          digest, inputs, name, cached, started, Optional.of(at), Optional.empty(), group);
    }

    public VertexState failed(Instant at, String message) {
      return new VertexState(
          digest, inputs, name, false, started, Optional.of(at), Optional.of(message), group);
    }

    public VertexState cached(Instant at) {
      return new VertexState(
          digest, inputs, name, true, Optional.of(at), Optional.of(at), Optional.empty(), group);
    }
  }

  /** A sub-line; current and total in bytes, total 0 = unknown. */
  record StatusLine(
      String id,
      Digest vertex,
      String name,
      long current,
      long total,
      Instant timestamp,
      Optional<Instant> started,
      Optional<Instant> completed)
      implements Event {}

  /** Output of a step; stream 1 is stdout, 2 is stderr. */
  record LogChunk(Digest vertex, int stream, byte[] data, Instant timestamp) implements Event {}

  /** A warning attached to a vertex. */
  record Warning(
      Digest vertex,
      int level,
      String summary,
      List<String> detail,
      String url,
      Optional<SourceMap.SourceFile> file,
      List<SourceMap.Range> ranges)
      implements Event {}
}
