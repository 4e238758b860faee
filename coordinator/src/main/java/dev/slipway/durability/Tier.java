package dev.slipway.durability;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.BlobSource;
import java.util.List;
import java.util.Map;

/** A place that keeps blobs whatever becomes of the workers. @ThreadSafe */
interface Tier {
  /** Its name in the index, see {@link LayerRecord#durable}. */
  String place();

  /** Brings the layers there, each of which a worker holds. Returns the blobs of those that are. */
  Map<String, Blob> store(List<LayerRecord> layers) throws SlipwayException, InterruptedException;

  /** Where workers read a blob. */
  List<BlobSource> sources(Blob blob) throws SlipwayException, InterruptedException;
}
