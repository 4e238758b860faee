package dev.slipway.fleet;

import dev.slipway.cache.LayerCensus;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.FetchLayers;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerChain;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the workers that stay fetch the layers that only a leaving one holds, those of the newest
 * results first. One coordinator of the farm does it, the oldest. How long it may take is for the
 * leaving worker to say: it goes when its patience ends. @ThreadSafe
 */
public final class LayerHandOver implements HandOver {
  private static final Logger LOG = LoggerFactory.getLogger(LayerHandOver.class);

  /** Layers on their way at once: the leaving worker's link is what they share. */
  private static final int MAX_FETCHES = 8;

  /** A layer that takes longer is given up; most take a second. */
  private static final Duration FETCH_TIMEOUT = Duration.ofMinutes(5);

  private static final Duration POLL = Duration.ofMillis(50);

  /**
   * A stage's last result stands in the index this much later than its worker says that it is idle,
   * as another coordinator may have to write it.
   */
  private static final Duration SETTLE = Duration.ofMillis(300);

  private final FarmFleet fleet;
  private final LayerCensus census;
  private final BooleanSupplier isOldest;

  /**
   * @param isOldest whether this coordinator is the one that does it
   */
  public LayerHandOver(FarmFleet fleet, LayerCensus census, BooleanSupplier isOldest) {
    this.fleet = fleet;
    this.census = census;
    this.isOldest = isOldest;
  }

  @Override
  public void from(WorkerNode leaving) throws InterruptedException {
    if (!isOldest.getAsBoolean()) {
      return;
    }
    Set<String> tried = ConcurrentHashMap.newKeySet();
    AtomicInteger moved = new AtomicInteger();
    boolean wasBusy = isBusy(leaving);
    handOver(leaving, tried, moved);
    while (isBusy(leaving) && isWorthIt(leaving)) {
      Thread.sleep(POLL);
    }
    if (wasBusy) {
      Thread.sleep(SETTLE);
      handOver(leaving, tried, moved);
    }
    LOG.atInfo()
        .addKeyValue("worker", leaving.id())
        .addKeyValue("layers", tried.size())
        .addKeyValue("moved", moved.get())
        .log("layers of a leaving worker handed over");
  }

  private boolean isBusy(WorkerNode worker) {
    return fleet.status(worker.id()).filter(status -> status.runningStages() > 0).isPresent();
  }

  /** Whether the worker is still there, and others that stay. */
  private boolean isWorthIt(WorkerNode leaving) {
    return fleet.status(leaving.id()).isPresent() && !staying().isEmpty();
  }

  /** Those with the most room first. */
  private List<WorkerNode> staying() {
    return fleet.workers().stream()
        .filter(node -> fleet.status(node.id()).filter(status -> !status.draining()).isPresent())
        .sorted(Comparator.comparingLong(this::free).reversed())
        .toList();
  }

  private long free(WorkerNode node) {
    return fleet.status(node.id()).map(WorkerStatus::freeBytes).orElse(0L);
  }

  private void handOver(WorkerNode leaving, Set<String> tried, AtomicInteger moved)
      throws InterruptedException {
    if (!isWorthIt(leaving)) {
      return;
    }
    List<LayerRecord> layers = new ArrayList<>(census.onlyAt(leaving.id()));
    layers.removeIf(layer -> !tried.add(layer.id()));
    CountDownLatch open = new CountDownLatch(layers.size());
    Semaphore places = new Semaphore(MAX_FETCHES);
    List<Thread> fetches = new ArrayList<>();
    try {
      for (LayerRecord layer : layers) {
        while (!places.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
          if (!isWorthIt(leaving)) {
            return;
          }
        }
        Thread fetch =
            Thread.ofVirtual()
                .name("hand-over-" + layer.id())
                .unstarted(() -> {
                  try {
                    if (fetch(leaving, layer)) {
                      moved.incrementAndGet();
                    }
                  } finally {
                    places.release();
                    open.countDown();
                  }
                });
        fetches.add(fetch);
        fetch.start();
      }
      while (!open.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        if (!isWorthIt(leaving)) {
          return;
        }
      }
    } finally {
      fetches.forEach(Thread::interrupt);
    }
  }

  /** Returns whether a worker has the layer now; several are asked, one after the other. */
  private boolean fetch(WorkerNode leaving, LayerRecord record) {
    Ask question =
        Ask.newBuilder()
            .setFetchLayers(
                FetchLayers.newBuilder()
                    .addChains(LayerChain.newBuilder().addLayers(describe(leaving, record))))
            .build();
    List<WorkerNode> targets = staying();
    // Layer by layer another worker comes first, so that what is handed over is spread.
    int first = targets.isEmpty() ? 0 : Math.floorMod(record.id().hashCode(), targets.size());
    for (int i = 0; i < targets.size(); i++) {
      WorkerNode target = targets.get((first + i) % targets.size());
      try {
        fleet.ask(target.id(), question, FETCH_TIMEOUT);
        return true;
      } catch (SlipwayException e) {
        LOG.atWarn()
            .addKeyValue("layer", record.id())
            .addKeyValue("from", leaving.id())
            .addKeyValue("to", target.id())
            .addKeyValue("reason", e.getMessage())
            .log("layer of a leaving worker not taken over");
      } catch (InterruptedException _) {
        return false;
      }
    }
    return false;
  }

  /** The layer alone: what lies below it does not matter to its bytes. */
  private Layer describe(WorkerNode leaving, LayerRecord record) {
    Layer.Builder layer =
        Layer.newBuilder()
            .setId(record.id())
            .setSize(record.size())
            .addPeerUrls(
                leaving.blobUrl()
                    + "/layers/"
                    + URLEncoder.encode(record.id(), StandardCharsets.UTF_8))
            .setCapability(fleet.capability("layers/" + record.id()));
    Optional.of(record)
        .flatMap(LayerRecord::blob)
        .ifPresent(blob -> layer.setDiffId(blob.diffId().value()));
    return layer.build();
  }
}
