package dev.slipway.solve;

import com.google.protobuf.ByteString;
import dev.slipway.cache.LayerChain;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Vertex;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Describes containers of frontends as workers are told of them, and chooses their workers. A
 * container is an exec op whose process nobody knows yet. Blocking. @ThreadSafe
 */
public final class ContainerSteps {
  private final SolveParts parts;

  public ContainerSteps(SolveParts parts) {
    this.parts = parts;
  }

  /**
   * A container that has its worker, and holds what no other container may use meanwhile.
   *
   * @param step for the worker
   * @param shared how its connections to what the client shares are made, by token
   * @param unlock gives back what it holds
   */
  public record Placed(
      String workerId, Step step, Map<String, Fleet.Connecting> shared, Runnable unlock) {}

  /**
   * Chooses the worker that has to fetch least and takes the locks of the cache mounts.
   *
   * @param op an exec op
   * @param inputs of the op
   * @param busy containers that run on each worker already
   * @throws SlipwayException UNAVAILABLE when no worker may run it
   */
  public Placed place(
      BuildContext build,
      Vertex op,
      List<SolvedResult> inputs,
      ContainerPlacement where,
      Map<String, Integer> busy)
      throws SlipwayException, InterruptedException {
    List<LayerChain> chains = new ArrayList<>();
    for (SolvedResult input : inputs) {
      input.tree().ifPresent(tree -> parts.trees().publish(build.buildId(), tree));
      chains.add(input.chain());
    }
    StageMounts mounts =
        new StageMounts(List.of(op), (_, mount) -> beginning(mount, chains), build, parts);
    String worker = choose(build, chains, mounts, where, busy);
    StageLocks locks = new StageLocks(parts.mounts().locks(), build.buildId(), mounts.locked());
    boolean complete = false;
    try {
      take(locks);
      Step.Builder step =
          Step.newBuilder()
              .setVertex(op.digest().value())
              .setName(op.name())
              .setOp(ByteString.copyFrom(op.bytes()))
              .addAllCacheMounts(mounts.describe(op, worker));
      for (LayerChain chain : chains) {
        step.addInputs(
            StepInput.newBuilder()
                .setChain(
                    dev.slipway.protocol.worker.LayerChain.newBuilder()
                        .addAllLayers(parts.references().describe(chain, build, worker))));
      }
      ClientNeeds needs = new ClientNeeds(build, parts.sources());
      needs.describe(op, step);
      complete = true;
      return new Placed(worker, step.build(), needs.connections(), locks::close);
    } finally {
      if (!complete) {
        locks.close();
      }
    }
  }

  /** The files themselves: keys of what a container shows are nobody's. */
  private static String beginning(Mount mount, List<LayerChain> chains) {
    return mount.input() < 0
        ? ""
        : String.join(",", chains.get(mount.input()).layers()) + ":" + mount.selector();
  }

  private String choose(
      BuildContext build,
      List<LayerChain> chains,
      StageMounts mounts,
      ContainerPlacement where,
      Map<String, Integer> busy)
      throws SlipwayException {
    Collection<String> layers = new HashSet<>();
    chains.forEach(chain -> layers.addAll(chain.layers()));
    Map<String, Long> held = new HashMap<>();
    parts
        .index()
        .layers(layers)
        .values()
        .forEach(record ->
            record.holders().forEach(id -> held.merge(id, Math.max(1, record.size()), Long::sum)));
    Map<String, Long> bytes = mounts.weigh(held);
    Set<Map.Entry<String, String>> labels = build.standing().workerLabels().entrySet();
    List<WorkerNode> allowed =
        parts.fleet().workers().stream()
            .filter(node -> node.labels().entrySet().containsAll(labels))
            .toList();
    List<WorkerNode> able = allowed.stream().filter(node -> runs(node, where)).toList();
    // Who asks for a platform that nobody has finds out by what the program says.
    return (able.isEmpty() ? allowed : able)
        .stream()
            .max(
                Comparator.comparingLong((WorkerNode node) -> bytes.getOrDefault(node.id(), 0L))
                    .thenComparing(node -> -busy.getOrDefault(node.id(), 0)))
            .map(WorkerNode::id)
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.UNAVAILABLE, "no worker can run a container for this build"));
  }

  private static boolean runs(WorkerNode node, ContainerPlacement where) {
    return where.platform().isEmpty()
        || node.nativePlatforms().contains(where.platform().get())
        || node.emulatedPlatforms().contains(where.platform().get());
  }

  private static void take(StageLocks locks) throws SlipwayException, InterruptedException {
    if (locks.isEmpty()) {
      return;
    }
    CompletableFuture<Optional<SlipwayException>> taken = new CompletableFuture<>();
    locks.take(
        _ -> {},
        () -> taken.complete(Optional.empty()),
        failure -> taken.complete(Optional.of(failure)));
    try {
      Optional<SlipwayException> failure = taken.get();
      if (failure.isPresent()) {
        throw failure.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a lock's answer is never an exception", e);
    }
  }
}
