package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.progress.MovedBytes;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a graph is done here and not by a worker: ops on chains of layers, and definitions that
 * steps have written. Owned by the driver's thread.
 */
final class CoordinatorOps {
  private final BuildContext build;
  private final KeyedGraph keyed;
  private final Remaining remaining;
  private final ContentKeys contents;
  private final Availability availability;
  private final ChainOps chains;
  private final NestedBuilds nested;
  private final SolveParts parts;

  CoordinatorOps(
      BuildContext build,
      KeyedGraph keyed,
      Remaining remaining,
      ContentKeys contents,
      Availability availability,
      ChainOps chains,
      NestedBuilds nested,
      SolveParts parts) {
    this.build = build;
    this.keyed = keyed;
    this.remaining = remaining;
    this.contents = contents;
    this.availability = availability;
    this.chains = chains;
    this.nested = nested;
    this.parts = parts;
  }

  /**
   * Does what can be done now. Returns whether something has its result: then others may be known
   * by what they read.
   */
  boolean decide() {
    Set<Digest> wanted = remaining.wanted();
    boolean decided = false;
    for (Vertex vertex : keyed.graph().inOrder()) {
      if (!wanted.contains(vertex.digest())
          || !vertex.inputs().stream().allMatch(remaining::exists)) {
        continue;
      }
      VertexWork work = keyed.of(vertex.digest());
      if (vertex.op() instanceof Op.Build op) {
        begin(work, op);
        continue;
      }
      Optional<Map<Integer, LayerChain>> results = chains.results(vertex);
      if (results.isPresent()) {
        remaining.runs(work);
        finish(work, results.get());
        decided = true;
      }
    }
    return decided;
  }

  private void begin(VertexWork work, Op.Build op) {
    remaining.runs(work);
    remaining.progress().started(work.vertex.digest());
    work.state = VertexWork.State.RUNNING;
    nested.begin(
        work.vertex,
        chains.chain(work.vertex, op.definition()),
        chains.tree(work.vertex, op.definition()));
  }

  /** A build op has the result of its definition. */
  void done(VertexWork work, LayerChain result) {
    nested.over(work.vertex.digest());
    finish(work, Map.of(0, result));
  }

  /**
   * A build op has none. When its definition was out of reach it is tried again.
   *
   * @throws SlipwayException the build's failure: of the step within that failed, if one did
   */
  void failed(VertexWork work, SlipwayException reason) throws SlipwayException {
    Digest vertex = work.vertex.digest();
    nested.over(vertex);
    boolean outOfReach = reason.kind() == ErrorKind.UNAVAILABLE && !(reason instanceof StepFailure);
    if (outOfReach && ++work.attempts < SolveRun.MAX_ATTEMPTS) {
      remaining.progress().note(vertex, "begins again: " + reason.getMessage());
      work.state = VertexWork.State.WAITING;
      return;
    }
    remaining.progress().failed(vertex, reason.getMessage());
    throw reason instanceof StepFailure
        ? reason
        : new StepFailure(
            reason.kind(), reason.getMessage(), vertex, keyed.graph().sources(vertex), 0);
  }

  private void finish(VertexWork work, Map<Integer, LayerChain> results) {
    work.done(results, "");
    contents.finished(work, Map.of(), true);
    results.values().forEach(availability::add);
    if (work.reusable && !ChainOps.isPassing(results)) {
      parts.index().save(work.records(Duration.ZERO, parts.clock().instant(), build.tenant()));
    }
    remaining.progress().completed(work.vertex.digest());
    remaining.report(work.vertex, "", Duration.ZERO, MovedBytes.NONE);
  }
}
