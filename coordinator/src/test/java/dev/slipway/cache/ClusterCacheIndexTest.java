package dev.slipway.cache;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import org.junit.jupiter.api.AfterEach;

class ClusterCacheIndexTest extends CacheIndexContract {
  private Cluster cluster;

  @Override
  CacheIndex index() {
    cluster = Cluster.start(ClusterConfig.alone());
    return new ClusterCacheIndex(cluster);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }
}
