package dev.slipway.mounts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterMountIndexTest {
  private static final String MOUNT = MountId.of("tenant", "id", "");

  @Test
  void remembersCopiesOfWellFormedIds() throws Exception {
    try (Cluster cluster = Cluster.start(ClusterConfig.alone())) {
      MountIndex index = new ClusterMountIndex(cluster);

      index.held("w", List.of(held(MOUNT, 3, 10), held("mount:../x", 1, 1)));
      index.used("v", List.of(held(MOUNT, 4, 20)));

      Map<String, MountPlaces> found = index.find(List.of(MOUNT, "mount:../x"));
      assertThat(found).containsOnlyKeys(MOUNT);
      assertThat(found.get(MOUNT).copies())
          .containsExactly(new MountPlaces.Copy("v", 4, 20), new MountPlaces.Copy("w", 3, 10));
      assertThat(found.get(MOUNT).name()).isEqualTo("tenant/id");
      assertThat(index.heldBy("v")).isEqualTo(found);
      assertThat(index.heldBy("nobody")).isEmpty();
      index.discard(List.of(MOUNT));
      assertThat(index.find(List.of(MOUNT)).get(MOUNT).copies()).isEmpty();
    }
  }

  private static MountIndex.Held held(String id, long version, long size) {
    return new MountIndex.Held(id, "tenant/id", version, size);
  }
}
