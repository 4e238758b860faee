package dev.slipway.agent;

import dev.slipway.execute.StageExecutor;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What this worker holds, and what of it each coordinator has not been told yet. {@code this}
 * guards the feeds and their news. @ThreadSafe
 */
final class Inventory {
  private final SnapshotStore store;
  private final CacheMounts mounts;
  private final Set<Feed> feeds = new LinkedHashSet<>();

  Inventory(SnapshotStore store, CacheMounts mounts) {
    this.store = store;
    this.mounts = mounts;
  }

  /** Notes a new layer for the next {@link Feed#announce} of each coordinator. */
  synchronized void added(StoredLayer layer) {
    HeldLayer news = held(layer);
    feeds.forEach(feed -> feed.news.add(news));
  }

  /** Notes that layers are gone; one that comes again is new. */
  synchronized void removed(Collection<String> ids) {
    Set<String> removed = Set.copyOf(ids);
    for (Feed feed : feeds) {
      feed.gone.addAll(ids);
      feed.news.removeIf(layer -> removed.contains(layer.getLayerId()));
    }
  }

  /** Returns what one coordinator is to hear; nothing until its first hello. */
  Feed feed() {
    return new Feed();
  }

  /** The news for one coordinator. */
  final class Feed {
    private List<HeldLayer> news = new ArrayList<>();
    private Set<String> gone = new LinkedHashSet<>();

    /** Everything, for a hello; what came before it needs no announcement of its own. */
    List<HeldLayer> all() {
      synchronized (Inventory.this) {
        feeds.add(this);
        takeNews();
      }
      return store.inventory().stream().map(Inventory::held).toList();
    }

    /** The newest copies of cache mounts, for a hello; later ones are told by the steps. */
    List<HeldMount> mounts() {
      return StageExecutor.held(mounts);
    }

    /** Tells the coordinator what is new and what is gone. */
    void announce(Outbox outbox) {
      InventoryChange change = takeNews();
      if (change.getAddedCount() > 0 || change.getRemovedCount() > 0) {
        outbox.send(WorkerMessage.newBuilder().setInventoryChange(change).build());
      }
    }

    /** Nobody listens until the next hello. */
    void stop() {
      synchronized (Inventory.this) {
        feeds.remove(this);
        takeNews();
      }
    }

    private InventoryChange takeNews() {
      synchronized (Inventory.this) {
        InventoryChange change =
            InventoryChange.newBuilder().addAllAdded(news).addAllRemoved(gone).build();
        news = new ArrayList<>();
        gone = new LinkedHashSet<>();
        return change;
      }
    }
  }

  private static HeldLayer held(StoredLayer layer) {
    return HeldLayer.newBuilder().setLayerId(layer.id()).setSize(layer.size()).build();
  }
}
