package dev.slipway.durability;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.fleet.WorkerStatus;
import dev.slipway.identity.Rights;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.FetchLayers;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.LayerReferences;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Copies layers to other workers until enough hold them. @ThreadSafe */
final class Replicas {
  /** Names the failure domain of a worker: copies go to another one first. */
  private static final String ZONE_LABEL = "zone";

  /** Layers of one result over a slow link. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** A copy must not fill a disk that builds need. */
  private static final long SPARE_BYTES = 1L << 30;

  private static final BuildContext NO_BUILD =
      new BuildContext("durability", "", Rights.of(""), Progress.NONE);

  private final int wanted;
  private final CacheIndex index;
  private final Fleet fleet;
  private final Function<String, Optional<WorkerStatus>> status;
  private final LayerReferences references;

  Replicas(
      int wanted,
      CacheIndex index,
      Fleet fleet,
      Function<String, Optional<WorkerStatus>> status,
      LayerReferences references) {
    this.wanted = wanted;
    this.index = index;
    this.fleet = fleet;
    this.status = status;
    this.references = references;
  }

  /**
   * Copies those of the layers that fewer workers hold than should. Returns how many layers were
   * copied; with too few workers it does what can be done. @throws SlipwayException when no worker
   * took a copy
   */
  int ensure(List<String> layers) throws SlipwayException, InterruptedException {
    int copied = 0;
    Set<String> failed = new HashSet<>();
    Optional<SlipwayException> failure = Optional.empty();
    while (true) {
      List<LayerRecord> lacking = lacking(layers);
      Optional<WorkerNode> target = lacking.isEmpty() ? Optional.empty() : target(lacking, failed);
      if (target.isEmpty()) {
        if (failure.isPresent() && !lacking.isEmpty()) {
          throw failure.get();
        }
        return copied;
      }
      String worker = target.get().id();
      try {
        copied += copy(lacking, worker);
      } catch (SlipwayException e) {
        failed.add(worker);
        failure = Optional.of(e);
      }
    }
  }

  /** In the order of the chain. Those that nobody holds cannot be copied. */
  private List<LayerRecord> lacking(List<String> layers) {
    var known = index.layers(layers);
    return layers.stream()
        .map(known::get)
        .filter(
            layer -> layer != null && !layer.holders().isEmpty() && layer.holders().size() < wanted)
        .toList();
  }

  private int copy(List<LayerRecord> lacking, String worker)
      throws SlipwayException, InterruptedException {
    List<String> ids =
        lacking.stream()
            .filter(layer -> !layer.holders().contains(worker))
            .map(LayerRecord::id)
            .toList();
    LayerChain chain =
        LayerChain.newBuilder()
            .addAllLayers(
                references.describe(new dev.slipway.cache.LayerChain(ids), NO_BUILD, worker))
            .build();
    fleet.ask(
        worker,
        Ask.newBuilder().setFetchLayers(FetchLayers.newBuilder().addChains(chain)).build(),
        PATIENCE);
    // The worker announces them too, a little later.
    index.learn(
        ids.stream()
            .map(id -> new LayerRecord(id, 0, Optional.empty(), Optional.empty(), Set.of(worker)))
            .toList());
    return ids.size();
  }

  /** Another zone first, then who has least to do, then who has most room. */
  private Optional<WorkerNode> target(List<LayerRecord> lacking, Set<String> failed) {
    long bytes = lacking.stream().mapToLong(LayerRecord::size).sum();
    Set<String> zones = new HashSet<>();
    lacking.stream()
        .map(LayerRecord::holders)
        .flatMap(Collection::stream)
        .forEach(holder -> fleet.worker(holder).ifPresent(node -> zones.add(zone(node))));
    return fleet.workers().stream()
        .filter(node -> !failed.contains(node.id()))
        .filter(node -> lacking.stream().anyMatch(layer -> !layer.holders().contains(node.id())))
        .filter(node -> mayTake(node, bytes))
        .min(
            Comparator.comparing((WorkerNode node) -> zones.contains(zone(node)))
                .thenComparingDouble(this::load)
                .thenComparing(this::free, Comparator.reverseOrder())
                .thenComparing(WorkerNode::id));
  }

  private boolean mayTake(WorkerNode node, long bytes) {
    return status
        .apply(node.id())
        .filter(said ->
            !said.draining() && (said.freeBytes() == 0 || said.freeBytes() > bytes + SPARE_BYTES))
        .isPresent();
  }

  private double load(WorkerNode node) {
    return status
        .apply(node.id())
        .map(said -> said.runningStages() / (double) Math.max(1, node.slots()))
        .orElse(0.0);
  }

  private long free(WorkerNode node) {
    return status.apply(node.id()).map(WorkerStatus::freeBytes).orElse(0L);
  }

  private static String zone(WorkerNode node) {
    return node.labels().getOrDefault(ZONE_LABEL, "");
  }
}
