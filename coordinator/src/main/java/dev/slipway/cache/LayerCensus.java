package dev.slipway.cache;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which layers would be lost with a worker. @ThreadSafe */
public interface LayerCensus {
  /**
   * Layers that results in the cache consist of and that only this worker holds, those of the
   * newest results first. Left out are those that come from elsewhere as well: layers of images and
   * clients' directories. Reads all records: for rare occasions.
   */
  List<LayerRecord> onlyAt(String workerId);

  /**
   * Whose results the layers belong to that steps made: tenants by layer id. A layer that two
   * tenants share a result of has both. Reads all records, as above.
   */
  Map<String, Set<String>> tenants();
}
