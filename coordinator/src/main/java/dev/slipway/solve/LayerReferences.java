package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Layer;
import java.util.List;

/** Layers as a worker is told of them: ids with the places to get the bytes, tokens included. @ThreadSafe */
public interface LayerReferences {
  List<Layer> describe(LayerChain chain, BuildContext build) throws SlipwayException, InterruptedException;
}
