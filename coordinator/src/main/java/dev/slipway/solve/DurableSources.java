package dev.slipway.solve;

import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.BlobSource;
import java.util.List;

/** Where layers are that no worker has any more. @ThreadSafe */
@FunctionalInterface
public interface DurableSources {
  DurableSources NONE = _ -> List.of();

  /** Places of the layer's blob as workers use them, in the order to be tried. */
  List<BlobSource> of(LayerRecord layer) throws SlipwayException, InterruptedException;
}
