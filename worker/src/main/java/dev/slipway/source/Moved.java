package dev.slipway.source;

import dev.slipway.protocol.worker.MovedBytes;
import dev.slipway.telemetry.TransferMetric;
import java.util.concurrent.atomic.LongAdder;

/** Bytes that came over the network, as on the wire, by where they came from. @ThreadSafe */
public final class Moved {
  private final LongAdder peers = new LongAdder();
  private final LongAdder registries = new LongAdder();
  private final LongAdder coordinator = new LongAdder();

  void add(TransferMetric.Path path, long bytes) {
    switch (path) {
      case PEER -> peers.add(bytes);
      case REGISTRY -> registries.add(bytes);
      case COORDINATOR -> coordinator.add(bytes);
      // Of the farm's own storage: neither a registry's nor a worker's network is used.
      case DURABLE -> {}
      case PUSH -> throw new IllegalArgumentException("a push brings nothing here");
    }
  }

  void add(Moved other) {
    peers.add(other.peers.sum());
    registries.add(other.registries.sum());
    coordinator.add(other.coordinator.sum());
  }

  /** As the protocol carries it. */
  public MovedBytes wire() {
    return MovedBytes.newBuilder()
        .setPeers(peers.sum())
        .setRegistries(registries.sum())
        .setCoordinator(coordinator.sum())
        .build();
  }
}
