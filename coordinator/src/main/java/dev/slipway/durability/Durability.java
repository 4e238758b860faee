package dev.slipway.durability;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.telemetry.CacheMetric;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the layers of each result that this coordinator saved to other workers and to the durable
 * tiers, behind the builds. When workers come or go, the oldest coordinator looks at the newest
 * results again. Few threads of its own. @ThreadSafe
 */
final class Durability implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Durability.class);

  /** Results at once: builds share the workers' links, disks and cores with them. */
  private static final int THREADS = 2;

  /** A failure is rarely the layer's own, so all wait a moment after one. */
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

  private static final int MAX_ATTEMPTS = 3;

  /** How long a result may wait for stages that wait for workers. */
  private static final Duration LONGEST_YIELD = Duration.ofSeconds(20);

  private static final Duration YIELD_POLL = Duration.ofMillis(250);

  /** Between two looks at who is there: one that restarts is back within this. */
  private static final Duration LOOK = Duration.ofSeconds(3);

  /** Newest results that are looked at again when workers come or go. */
  private static final int MAX_SCANNED = 2_000;

  private static final String TREE = "tree:";

  private final Parts parts;
  private final Backlog backlog = new Backlog();
  private final List<Thread> threads = new ArrayList<>();

  /**
   * What it works with.
   *
   * @param tiers durable places, may be none
   * @param newest gives the chains of so many of the newest results
   * @param workers who is in the farm
   * @param busy whether stages wait for workers
   * @param scans whether it is this coordinator that looks at the newest results again
   */
  record Parts(
      CacheIndex index,
      Replicas replicas,
      List<Tier> tiers,
      IntFunction<List<List<String>>> newest,
      Supplier<List<WorkerNode>> workers,
      BooleanSupplier busy,
      BooleanSupplier scans,
      Meters meters) {
    Parts {
      tiers = List.copyOf(tiers);
    }
  }

  private Durability(Parts parts) {
    this.parts = parts;
  }

  static Durability start(Parts parts) {
    Durability durability = new Durability(parts);
    parts.meters().gauge(CacheMetric.DURABILITY_PENDING, durability.backlog::size);
    for (int i = 0; i < THREADS; i++) {
      durability.threads.add(Thread.ofVirtual().name("durability-" + i).start(durability::work));
    }
    durability.threads.add(
        Thread.ofVirtual().name("durability-watch").start(durability::watchWorkers));
    return durability;
  }

  /** The records are in the index, and workers hold their layers. */
  void saved(Collection<CacheRecord> records) {
    records.forEach(record -> record.outputs().values().forEach(chain -> add(chain.layers())));
  }

  private void add(List<String> chain) {
    if (!chain.isEmpty() && !backlog.add(new Backlog.Task(chain, 0))) {
      parts.meters().count(CacheMetric.DURABILITY_LAYERS, CacheMetric.Durability.DROPPED);
    }
  }

  private void work() {
    try {
      while (true) {
        Backlog.Task task = backlog.take();
        try {
          yieldToBuilds();
          attempt(task);
        } finally {
          backlog.done();
        }
      }
    } catch (InterruptedException _) {
      LOG.debug("durability stopped");
    }
  }

  private void yieldToBuilds() throws InterruptedException {
    long end = System.nanoTime() + LONGEST_YIELD.toNanos();
    while (parts.busy().getAsBoolean() && System.nanoTime() < end) {
      Thread.sleep(YIELD_POLL);
    }
  }

  private void attempt(Backlog.Task task) throws InterruptedException {
    Optional<String> failure = Optional.empty();
    try {
      keep(task.layers());
    } catch (SlipwayException e) {
      failure = Optional.of(e.getMessage());
    } catch (RuntimeException e) {
      failure = Optional.of("a defect, or the cluster is stopping: " + e);
    }
    if (failure.isEmpty()) {
      return;
    }
    boolean again = task.attempts() + 1 < MAX_ATTEMPTS;
    LOG.atWarn()
        .addKeyValue("layer", task.layers().getLast())
        .addKeyValue("attempts", task.attempts() + 1)
        .addKeyValue("again", again)
        .addKeyValue("reason", failure.get())
        .log("layers not made durable");
    if (!again || !backlog.add(task.again())) {
      parts.meters().count(CacheMetric.DURABILITY_LAYERS, CacheMetric.Durability.FAILED);
    }
    Thread.sleep(PAUSE_AFTER_FAILURE);
  }

  /** Image layers have a registry, directories a client: only what steps made is kept. */
  private void keep(List<String> chain) throws SlipwayException, InterruptedException {
    Map<String, LayerRecord> known = parts.index().layers(chain);
    List<LayerRecord> made =
        chain.stream()
            .filter(id -> !id.startsWith(TREE))
            .map(known::get)
            .filter(
                layer -> layer != null && layer.origin().isEmpty() && !layer.holders().isEmpty())
            .toList();
    if (made.isEmpty()) {
      return;
    }
    int copied = parts.replicas().ensure(made.stream().map(LayerRecord::id).toList());
    parts.meters().add(CacheMetric.DURABILITY_LAYERS, copied, CacheMetric.Durability.COPIED);
    for (Tier tier : parts.tiers()) {
      List<LayerRecord> missing =
          made.stream().filter(layer -> !layer.durable().contains(tier.place())).toList();
      if (!missing.isEmpty()) {
        learn(tier, tier.store(missing));
      }
    }
  }

  private void learn(Tier tier, Map<String, Blob> stored) {
    List<LayerRecord> records = new ArrayList<>();
    stored.forEach((id, blob) ->
        records.add(
            new LayerRecord(
                id,
                0,
                Optional.of(blob),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Set.of(tier.place()))));
    parts.index().learn(records);
    parts
        .meters()
        .add(CacheMetric.DURABILITY_LAYERS, records.size(), CacheMetric.Durability.STORED);
  }

  private void watchWorkers() {
    // Whoever was lost while no coordinator was there counts too: the first workers are a change.
    Set<String> settled = Set.of();
    Set<String> before = settled;
    try {
      while (true) {
        Thread.sleep(LOOK);
        Set<String> now = ids();
        if (now.equals(before) && !now.equals(settled)) {
          settled = now;
          scan();
        }
        before = now;
      }
    } catch (InterruptedException _) {
      LOG.debug("durability watches workers no more");
    }
  }

  private void scan() {
    if (!parts.scans().getAsBoolean()) {
      return;
    }
    try {
      List<List<String>> chains = parts.newest().apply(MAX_SCANNED);
      chains.forEach(this::add);
      LOG.atDebug().addKeyValue("results", chains.size()).log("newest results looked at again");
    } catch (RuntimeException e) {
      LOG.atWarn().setCause(e).log("newest results not looked at; tried at the next change");
    }
  }

  private Set<String> ids() {
    Set<String> ids = new HashSet<>();
    parts.workers().get().forEach(node -> ids.add(node.id() + "/" + node.incarnation()));
    return ids;
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
