package dev.slipway.agent;

import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import java.util.ArrayList;
import java.util.List;

/**
 * What this worker holds, and what of it the coordinator has not been told yet. {@code this} guards
 * the news. @ThreadSafe
 */
final class Inventory {
  private final SnapshotStore store;
  private List<HeldLayer> news = new ArrayList<>();

  Inventory(SnapshotStore store) {
    this.store = store;
  }

  /** Notes a new layer for the next {@link #announce}. */
  synchronized void added(StoredLayer layer) {
    news.add(held(layer));
  }

  /** Everything, for a hello; what came before it needs no announcement of its own. */
  List<HeldLayer> all() {
    takeNews();
    return store.inventory().stream().map(Inventory::held).toList();
  }

  /** Tells the coordinator what is new. */
  void announce(Outbox outbox) {
    List<HeldLayer> added = takeNews();
    if (!added.isEmpty()) {
      outbox.send(
          WorkerMessage.newBuilder()
              .setInventoryChange(InventoryChange.newBuilder().addAllAdded(added))
              .build());
    }
  }

  private synchronized List<HeldLayer> takeNews() {
    List<HeldLayer> taken = news;
    news = new ArrayList<>();
    return taken;
  }

  private static HeldLayer held(StoredLayer layer) {
    return HeldLayer.newBuilder().setLayerId(layer.id()).setSize(layer.size()).build();
  }
}
