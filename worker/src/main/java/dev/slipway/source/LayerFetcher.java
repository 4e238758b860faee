package dev.slipway.source;

import dev.slipway.certificates.FarmTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.LayerApplier;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that layers are here. A layer on its way is brought once: whoever wants it too waits
 * for the same transfer, which ends early only when nobody waits any more. {@code this} guards the
 * transfers under way and their numbers of waiters. @ThreadSafe
 */
public final class LayerFetcher implements AutoCloseable {
  private final SnapshotStore store;
  private final LayerOrigins origins;
  private final Consumer<StoredLayer> arrived;
  private final Map<String, Transfer> underWay = new HashMap<>();

  /**
   * @param scratch on the store's file system
   * @param arrived hears of every layer that came
   */
  public LayerFetcher(
      SnapshotStore store,
      LayerApplier applier,
      BlobTransfer transfer,
      Path scratch,
      InstantSource clock,
      Meters meters,
      Consumer<StoredLayer> arrived) {
    this(store, applier, transfer, scratch, clock, meters, arrived, Optional.empty());
  }

  /**
   * @param scratch on the store's file system
   * @param arrived hears of every layer that came
   * @param tls of peers and coordinators
   */
  public LayerFetcher(
      SnapshotStore store,
      LayerApplier applier,
      BlobTransfer transfer,
      Path scratch,
      InstantSource clock,
      Meters meters,
      Consumer<StoredLayer> arrived,
      Optional<FarmTls> tls) {
    this.store = store;
    this.origins = new LayerOrigins(store, applier, transfer, scratch, clock, meters, tls);
    this.arrived = arrived;
  }

  /** One layer on its way. */
  private final class Transfer {
    private final Layer layer;
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<TransferProgress> listeners = new CopyOnWriteArrayList<>();
    private final Moved moved = new Moved();
    private int waiters; // guarded by the fetcher
    private @Nullable Thread thread; // guarded by the fetcher
    private @Nullable Pin pin; // guarded by the fetcher; until the last waiter leaves
    private @Nullable SlipwayException failure; // written before the latch falls

    /** Who began it. */
    private final TransferProgress first;

    Transfer(Layer layer, TransferProgress first) {
      this.layer = layer;
      this.first = first;
    }

    /** What has come may be collected at once, before anybody uses it; then it is brought again. */
    private void bring(LayerOrigins.Wanted wanted) throws SlipwayException, InterruptedException {
      StoredLayer stored = origins.bring(wanted);
      Optional<Pin> kept = pinned(layer.getId());
      if (kept.isEmpty()) {
        stored = origins.bring(wanted);
        kept = Optional.of(store.pin(List.of(layer.getId())));
      }
      synchronized (LayerFetcher.this) {
        if (waiters > 0) {
          pin = kept.get();
        } else {
          kept.get().close();
        }
      }
      arrived.accept(stored);
    }

    void run(List<String> belowIds, @Nullable Transfer below) {
      try {
        LayerOrigins.Below wait =
            () -> {
              if (below != null) {
                below.over.await();
              }
            };
        bring(
            new LayerOrigins.Wanted(
                layer,
                belowIds,
                wait,
                status -> listeners.forEach(listener -> listener.report(status)),
                moved));
      } catch (SlipwayException e) {
        failure = e;
      } catch (InterruptedException e) {
        failure =
            new SlipwayException(
                ErrorKind.CANCELLED, "fetch of layer " + layer.getId() + " was cancelled", e);
      } catch (RuntimeException e) {
        failure =
            new SlipwayException(
                ErrorKind.INTERNAL, "fetch of layer " + layer.getId() + " failed: " + e, e);
      } finally {
        synchronized (LayerFetcher.this) {
          underWay.remove(layer.getId(), this);
        }
        over.countDown();
      }
    }
  }

  /** Layers that are here and stay until it is closed. */
  public record Held(Moved moved, Pin pin) implements AutoCloseable {
    @Override
    public void close() {
      pin.close();
    }
  }

  /**
   * Returns when every layer of the chains is in the store, as {@link #hold}; for callers whose
   * layers are kept otherwise.
   */
  public Moved ensure(List<List<Layer>> chains, TransferProgress progress)
      throws SlipwayException, InterruptedException {
    try (Held held = hold(chains, progress)) {
      return held.moved();
    }
  }

  /**
   * Returns when every layer of the chains is in the store, pinned, and says what this call has
   * moved: not what others had under way already.
   *
   * @throws LayersUnavailableException naming those that no origin gave
   * @throws SlipwayException EXHAUSTED when this worker has no room; INVALID when a layer of an
   *     image is refused
   */
  public Held hold(List<List<Layer>> chains, TransferProgress progress)
      throws SlipwayException, InterruptedException {
    Map<String, Transfer> wanted = new LinkedHashMap<>();
    List<Pin> present = new ArrayList<>();
    Pin pin;
    try {
      for (List<Layer> chain : chains) {
        join(chain, progress, wanted, present);
      }
      for (Transfer transfer : wanted.values()) {
        transfer.over.await();
      }
      throwFailures(wanted);
      pin = store.pin(chains.stream().flatMap(List::stream).map(Layer::getId).distinct().toList());
    } finally {
      wanted.values().forEach(transfer -> leave(transfer, progress));
      present.forEach(Pin::close);
    }
    Moved moved = new Moved();
    wanted.values().stream()
        .filter(transfer -> transfer.first == progress)
        .forEach(transfer -> moved.add(transfer.moved));
    return new Held(moved, pin);
  }

  private void join(
      List<Layer> chain,
      TransferProgress progress,
      Map<String, Transfer> wanted,
      List<Pin> present) {
    LayersBelow layersBelow = new LayersBelow();
    Transfer below = null;
    for (Layer layer : chain) {
      List<String> belowIds = layersBelow.of(layer);
      Transfer transfer = wanted.get(layer.getId());
      if (transfer == null) {
        transfer = joinOne(layer, belowIds, below, progress, present);
        if (transfer != null) {
          wanted.put(layer.getId(), transfer);
        }
      }
      below = transfer != null ? transfer : below;
    }
  }

  /**
   * Null when the layer is here; then its pin is added. A transfer only ever waits for one that
   * began before it, so none wait for each other.
   */
  private synchronized @Nullable Transfer joinOne(
      Layer layer,
      List<String> belowIds,
      @Nullable Transfer below,
      TransferProgress progress,
      List<Pin> present) {
    Transfer transfer = underWay.get(layer.getId());
    if (transfer == null) {
      Optional<Pin> here = pinned(layer.getId());
      if (here.isPresent()) {
        present.add(here.get());
        return null;
      }
      Transfer fresh = new Transfer(layer, progress);
      underWay.put(layer.getId(), fresh);
      fresh.thread =
          Thread.ofVirtual().name("fetch-" + layer.getId()).start(() -> fresh.run(belowIds, below));
      transfer = fresh;
    }
    transfer.waiters++;
    transfer.listeners.add(progress);
    return transfer;
  }

  private Optional<Pin> pinned(String id) {
    try {
      return Optional.of(store.pin(List.of(id)));
    } catch (SlipwayException _) {
      return Optional.empty(); // it is not here
    }
  }

  private synchronized void leave(Transfer transfer, TransferProgress progress) {
    transfer.listeners.remove(progress);
    transfer.waiters--;
    Thread thread = transfer.thread;
    if (transfer.waiters == 0 && transfer.pin != null) {
      transfer.pin.close();
    }
    if (transfer.waiters == 0 && transfer.over.getCount() > 0 && thread != null) {
      underWay.remove(transfer.layer.getId(), transfer);
      thread.interrupt();
    }
  }

  private static void throwFailures(Map<String, Transfer> wanted) throws SlipwayException {
    List<String> ids = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    List<LayersUnavailableException.Absence> absences = new ArrayList<>();
    for (Transfer transfer : wanted.values()) {
      SlipwayException failure = transfer.failure;
      if (failure == null) {
        continue;
      }
      if (failure.kind() != ErrorKind.UNAVAILABLE) {
        throw failure;
      }
      String id = transfer.layer.getId();
      ids.add(id);
      messages.add(failure.getMessage());
      if (failure instanceof NobodyGaveException nobody) {
        nobody
            .absentAt()
            .forEach(url -> absences.add(new LayersUnavailableException.Absence(id, url)));
      }
    }
    if (!ids.isEmpty()) {
      throw new LayersUnavailableException(ids, String.join("; ", messages), absences);
    }
  }

  /** The blob of a layer, as a registry has it. */
  public static BlobTransfer.Blob blobOf(Layer layer) {
    return BlobFetch.blob(layer);
  }

  /** Layers of these ids that are not here. */
  public List<String> missing(List<String> ids) {
    return ids.stream().filter(id -> !store.has(id)).toList();
  }

  /** The layer, if it is here. */
  public Optional<StoredLayer> find(String id) {
    return store.find(id);
  }

  @Override
  public void close() {
    origins.close();
  }
}
