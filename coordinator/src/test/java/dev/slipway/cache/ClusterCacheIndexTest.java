package dev.slipway.cache;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.error.SlipwayException;
import org.junit.jupiter.api.AfterEach;

class ClusterCacheIndexTest extends CacheIndexContract {
  private Cluster cluster;

  @Override
  CacheIndex index() throws SlipwayException {
    cluster = Cluster.start(ClusterConfig.alone());
    return new ClusterCacheIndex(cluster);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }
}
