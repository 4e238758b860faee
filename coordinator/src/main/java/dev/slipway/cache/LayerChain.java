package dev.slipway.cache;

import java.util.List;

/**
 * The layers of a result, lowest first, by farm-wide id (see worker.proto, Layer). Empty = scratch.
 */
public record LayerChain(List<String> layers) {
  public static final LayerChain SCRATCH = new LayerChain(List.of());

  public LayerChain {
    layers = List.copyOf(layers);
  }
}
