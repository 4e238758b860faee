package dev.slipway.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexSnapshotsTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final LayerRecord.Blob BLOB =
      new LayerRecord.Blob(Digest.ofText("d"), Digest.ofText("b"), 3, "m");
  private static final CacheRecord RECORD =
      new CacheRecord(
          "key",
          "canonical",
          Map.of(0, new LayerChain(List.of("snap:a"))),
          Duration.ofSeconds(3),
          Instant.parse("2026-11-23T10:00:00Z"),
          "team-a");

  @TempDir private Path directory;

  private Cluster cluster;
  private ClusterCacheIndex index;

  @BeforeEach
  void startCluster() throws SlipwayException {
    cluster = Cluster.start(ClusterConfig.alone());
    index = new ClusterCacheIndex(cluster);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void recordsAndBlobsOutliveARestart() throws Exception {
    IndexSnapshots snapshots = IndexSnapshots.start(index, file(), NEVER);
    fill();
    snapshots.close();

    restart();
    IndexSnapshots.start(index, file(), NEVER);

    assertThat(index.records(List.of("key"))).containsEntry("key", RECORD);
    assertThat(index.contents(List.of("part"))).containsEntry("part", "digest");
    assertThat(index.layers(List.of("snap:a", "snap:bare")))
        .isEqualTo(
            Map.of(
                "snap:a",
                new LayerRecord("snap:a", 9, Optional.of(BLOB), Optional.empty(), Set.of())));
    index.addHolder("w1", 1);
    index.learn(
        List.of(new LayerRecord("snap:a", 9, Optional.empty(), Optional.empty(), Set.of("w1"))));
    assertThat(index.layers(List.of("snap:a")).get("snap:a").holders()).containsExactly("w1");
  }

  @Test
  void savesByItselfWhenSomethingChanged() {
    IndexSnapshots snapshots = IndexSnapshots.start(index, file(), Duration.ofMillis(20));
    assertThat(file()).doesNotExist();

    fill();

    await().untilAsserted(() -> assertThat(file()).exists());
    snapshots.close();
  }

  @Test
  void brokenFileIsLikeNone() throws Exception {
    IndexSnapshots snapshots = IndexSnapshots.start(index, file(), NEVER);
    fill();
    snapshots.close();
    byte[] whole = Files.readAllBytes(file());
    for (int length : new int[] {0, 5, 20, whole.length - 1}) {
      Files.write(file(), Arrays.copyOf(whole, length));
      restart();

      IndexSnapshots.start(index, file(), NEVER);

      assertThat(index.records(List.of("key"))).as("after %d bytes", length).isEmpty();
    }
  }

  private void fill() {
    index.addHolder("w1", 1);
    index.learn(
        List.of(new LayerRecord("snap:a", 9, Optional.of(BLOB), Optional.empty(), Set.of("w1"))));
    index.learn(
        List.of(new LayerRecord("snap:bare", 9, Optional.empty(), Optional.empty(), Set.of("w1"))));
    index.save(List.of(RECORD));
    index.saveContents(Map.of("part", "digest"));
  }

  private void restart() throws SlipwayException {
    cluster.close();
    cluster = Cluster.start(ClusterConfig.alone());
    index = new ClusterCacheIndex(cluster);
  }

  private Path file() {
    return directory.resolve("cache/index");
  }
}
