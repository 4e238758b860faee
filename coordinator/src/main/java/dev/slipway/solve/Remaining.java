package dev.slipway.solve;

import dev.slipway.cache.CacheRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Outcome;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.BuildGraph;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.MovedBytes;
import dev.slipway.telemetry.CacheMetric;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a graph has to run for its results: found by walking back from them until the cache knows
 * something. Owned by the driver's thread.
 */
final class Remaining {
  private final BuildContext build;
  private final BuildGraph graph;
  private final KeyedGraph keyed;
  private final Availability availability;
  private final ContentKeys contents;
  private final BuildMemory memory;
  private final SolveParts parts;

  Remaining(
      BuildContext build,
      KeyedGraph keyed,
      Availability availability,
      ContentKeys contents,
      BuildMemory memory,
      SolveParts parts) {
    this.build = build;
    this.graph = keyed.graph();
    this.keyed = keyed;
    this.availability = availability;
    this.contents = contents;
    this.memory = memory;
    this.parts = parts;
  }

  /** Walks from the results backwards; what is known ends the walk, what is not has to run. */
  void need() throws SlipwayException, InterruptedException {
    Set<Digest> seen = new HashSet<>();
    List<VertexWork> images = new ArrayList<>();
    List<VertexWork> open = new ArrayList<>();
    List<CacheRecord> aliases = new ArrayList<>();
    graph.targets().forEach(target -> target.ifPresent(edge -> open.add(keyed.of(edge.vertex()))));
    while (!open.isEmpty()) {
      VertexWork work = open.removeLast();
      if (!seen.add(work.vertex.digest())) {
        continue;
      }
      if (work.state == VertexWork.State.DONE && availability.holds(work.results)) {
        continue;
      }
      if (work.state == VertexWork.State.RUNNING || work.state == VertexWork.State.ELSEWHERE) {
        continue;
      }
      if (work.vertex.op() instanceof Op.Source source) {
        if (parts.sources().givesImage(source)) {
          images.add(work);
        }
        continue;
      }
      Optional<CacheRecord> hit = find(work);
      if (hit.isPresent()) {
        boolean byContent = !hit.get().key().equals(work.key);
        if (byContent) {
          aliases.add(hit.get().under(work.key));
        }
        parts
            .meters()
            .count(
                CacheMetric.LOOKUPS,
                kind(work),
                byContent ? CacheMetric.Lookup.CONTENT_HIT : CacheMetric.Lookup.HIT);
        cached(work, hit.get());
        continue;
      }
      if (work.state == VertexWork.State.DONE) {
        work.canonical = "";
      }
      work.state = VertexWork.State.WAITING;
      work.vertex.inputs().forEach(edge -> open.add(keyed.of(edge.vertex())));
    }
    if (!aliases.isEmpty()) {
      parts.index().save(aliases);
    }
    for (var resolved :
        parts
            .sources()
            .images(build, images.stream().map(work -> work.vertex).toList(), memory.progress())
            .entrySet()) {
      VertexWork image = keyed.of(resolved.getKey());
      image.done(Map.of(0, resolved.getValue()), image.key);
      availability.add(resolved.getValue());
    }
  }

  /** What the step does, for figures. */
  private static CacheMetric.Kind kind(VertexWork work) {
    return switch (work.vertex.op()) {
      case Op.Exec _ -> CacheMetric.Kind.EXEC;
      case Op.File _ -> CacheMetric.Kind.FILE;
      case Op.Source _, Op.Merge _, Op.Diff _, Op.Build _, Op.Passthrough _ ->
          CacheMetric.Kind.OTHER;
    };
  }

  /** The result under the vertex's own key, or under that made of what its inputs contain. */
  private Optional<CacheRecord> find(VertexWork work) {
    if (work.state == VertexWork.State.DONE) {
      return Optional.empty();
    }
    Optional<CacheRecord> own = work.reusable ? availability.hit(work.key) : Optional.empty();
    return own.or(
        () -> work.canonical.isEmpty() ? Optional.empty() : availability.hit(work.canonical));
  }

  /** The step has a result of an earlier build. */
  void cached(VertexWork work, CacheRecord record) {
    work.done(record.outputs(), record.canonicalKey());
    record.outputs().values().stream()
        .flatMap(chain -> chain.layers().stream())
        .forEach(layer -> memory.holds().keep(availability.holders(layer), layer));
    memory.progress().cached(work.vertex.digest());
    parts.observer().outcome(build.buildId(), work.vertex.digest(), Outcome.CACHED);
    report(work.vertex, "", Duration.ZERO, MovedBytes.NONE);
  }

  /** It has to run, whoever does it. */
  void runs(VertexWork work) {
    if (!work.reusable) {
      parts.observer().outcome(build.buildId(), work.vertex.digest(), Outcome.FRESH);
    } else if (work.attempts == 0) {
      boolean stale = availability.record(work.key).isPresent();
      looked(work, stale ? CacheMetric.Lookup.STALE : CacheMetric.Lookup.MISS);
    }
  }

  /** What came of the look-up of a step. */
  void looked(VertexWork work, CacheMetric.Lookup outcome) {
    parts
        .observer()
        .outcome(
            build.buildId(),
            work.vertex.digest(),
            switch (outcome) {
              case HIT, CONTENT_HIT -> Outcome.CACHED;
              case MISS -> Outcome.MISSED;
              case STALE -> Outcome.LOST;
              case SHARED -> Outcome.SHARED;
            });
    parts.meters().count(CacheMetric.LOOKUPS, kind(work), outcome);
  }

  VertexProgress progress() {
    return memory.progress();
  }

  boolean over() {
    return graph.targets().stream().flatMap(Optional::stream).allMatch(this::exists);
  }

  boolean exists(Edge edge) {
    VertexWork work = keyed.of(edge.vertex());
    return memory.tree(edge.vertex()).isPresent()
        || (work.state == VertexWork.State.DONE && work.results.containsKey(edge.output()));
  }

  /**
   * What has to run whatever workers answer: a vertex that may turn out to be known, and what only
   * it needs, waits for the answer.
   */
  Set<Digest> wanted() {
    Set<Digest> wanted = new HashSet<>();
    Set<Digest> seen = new HashSet<>();
    Deque<Digest> open = new ArrayDeque<>();
    graph.targets().forEach(target -> target.ifPresent(edge -> open.add(edge.vertex())));
    while (!open.isEmpty()) {
      VertexWork work = keyed.of(open.removeLast());
      if (!seen.add(work.vertex.digest())
          || work.state == VertexWork.State.DONE
          || contents.isAsking(work)) {
        continue;
      }
      if (work.state == VertexWork.State.WAITING) {
        wanted.add(work.vertex.digest());
      }
      work.vertex.inputs().forEach(edge -> open.add(edge.vertex()));
    }
    return wanted;
  }

  /** What waited for a step that turned out to be known may not be needed any more. */
  void forgetWaiting() {
    for (VertexWork work : keyed.all()) {
      work.state = work.state == VertexWork.State.WAITING ? VertexWork.State.IDLE : work.state;
    }
  }

  /** The step has its result. @param worker name of the one that ran it, empty when none did */
  void report(Vertex vertex, String worker, Duration cost, MovedBytes moved) {
    parts
        .report()
        .step(
            build.buildId(),
            new BuildReport.Step(
                vertex.digest(), vertex.name(), worker, worker.isEmpty(), cost, moved));
  }
}
