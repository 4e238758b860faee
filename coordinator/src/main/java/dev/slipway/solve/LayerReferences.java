package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Layer;
import java.util.List;

/**
 * Layers as a worker is told of them: ids with the places to get the bytes, tokens
 * included. @ThreadSafe
 */
public interface LayerReferences {
  /**
   * Describes the chain.
   *
   * @param workerId who will read it: what it holds already needs no places; empty = not known
   */
  List<Layer> describe(LayerChain chain, BuildContext build, String workerId)
      throws SlipwayException, InterruptedException;

  /** Describes the chain for whoever will read it. */
  default List<Layer> describe(LayerChain chain, BuildContext build)
      throws SlipwayException, InterruptedException {
    return describe(chain, build, "");
  }
}
