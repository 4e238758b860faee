package dev.slipway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.oci.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every index does. */
abstract class CacheIndexContract {
  private static final LayerRecord.Blob BLOB =
      new LayerRecord.Blob(Digest.ofText("diff"), Digest.ofText("blob"), 42, "application/x");
  private static final LayerRecord.Origin ORIGIN =
      new LayerRecord.Origin("docker.io/library/alpine");

  private CacheIndex index;

  /** Returns an empty index. */
  abstract CacheIndex index() throws Exception;

  @BeforeEach
  void join() throws Exception {
    index = index();
    index.addHolder("w1", 1);
    index.addHolder("w2", 1);
  }

  @Test
  void findsSavedRecordsUntilTheyAreForgotten() {
    CacheRecord one = record("one", new LayerChain(List.of("chain:a", "snap:b")));
    CacheRecord two = record("two", LayerChain.SCRATCH);
    index.save(List.of(one, two));
    assertThat(index.records(List.of("one", "two", "three")))
        .isEqualTo(Map.of("one", one, "two", two));

    index.forget("one");

    assertThat(index.records(List.of("one", "two"))).containsOnlyKeys("two");
    assertThat(index.records(List.of())).isEmpty();
  }

  @Test
  void findsSavedContents() {
    index.saveContents(Map.of("part:a", "sha256:1", "mark:b", ""));
    index.saveContents(Map.of());

    assertThat(index.contents(List.of("part:a", "mark:b", "part:c")))
        .isEqualTo(Map.of("part:a", "sha256:1", "mark:b", ""));
  }

  @Test
  void laterRecordReplacesEarlierOne() {
    index.save(List.of(record("key", LayerChain.SCRATCH)));
    CacheRecord later = record("key", new LayerChain(List.of("snap:x")));
    index.save(List.of(later));

    assertThat(index.records(List.of("key"))).containsEntry("key", later);
  }

  @Test
  void unitesHoldersAndKeepsKnownFacts() {
    index.learn(
        List.of(
            new LayerRecord("chain:a", 7, Optional.of(BLOB), Optional.of(ORIGIN), Set.of("w1"))));
    index.learn(List.of(held("chain:a", 0, "w2")));

    assertThat(index.layers(List.of("chain:a", "unknown")))
        .isEqualTo(
            Map.of(
                "chain:a",
                new LayerRecord(
                    "chain:a", 7, Optional.of(BLOB), Optional.of(ORIGIN), Set.of("w1", "w2"))));
  }

  @Test
  void learnsTheSameLayerTwiceInOneCall() {
    index.learn(
        List.of(
            held("snap:a", 5, "w1"),
            held("snap:a", 0, "w2"),
            new LayerRecord("snap:a", 0, Optional.of(BLOB), Optional.empty(), Set.of())));

    LayerRecord layer = index.layers(List.of("snap:a")).get("snap:a");
    assertThat(layer.holders()).containsExactlyInAnyOrder("w1", "w2");
    assertThat(layer.size()).isEqualTo(5);
    assertThat(layer.blob()).contains(BLOB);
  }

  @Test
  void dropsHolderOfSingleLayers() {
    index.learn(List.of(held("snap:a", 1, "w1", "w2"), held("snap:b", 1, "w1")));

    index.dropHolder("w1", List.of("snap:a", "never heard of"));

    assertThat(holders("snap:a")).containsExactly("w2");
    assertThat(holders("snap:b")).containsExactly("w1");
  }

  @Test
  void workerThatLeftHoldsNothing() {
    index.learn(
        List.of(
            held("snap:a", 1, "w1", "w2"),
            new LayerRecord("chain:b", 1, Optional.of(BLOB), Optional.of(ORIGIN), Set.of("w1"))));

    index.dropHolder("w1");

    assertThat(holders("snap:a")).containsExactly("w2");
    assertThat(holders("chain:b")).isEmpty();
    assertThat(index.layers(List.of("chain:b")).get("chain:b").origin()).contains(ORIGIN);
  }

  @Test
  void workerThatComesBackHoldsOnlyWhatItSays() {
    index.learn(List.of(held("snap:a", 1, "w1"), held("snap:b", 1, "w1")));
    index.dropHolder("w1");
    index.addHolder("w1", 1);
    index.learn(List.of(held("snap:b", 1, "w1")));

    assertThat(holders("snap:a")).isEmpty();
    assertThat(holders("snap:b")).containsExactly("w1");
  }

  @Test
  void ignoresHoldersOutsideTheFarm() {
    index.learn(List.of(held("snap:a", 1, "stranger", "w2")));

    assertThat(holders("snap:a")).containsExactly("w2");
  }

  @Test
  void learnsLargeInventories() {
    List<LayerRecord> inventory = new ArrayList<>();
    for (int i = 0; i < 2500; i++) {
      inventory.add(held("snap:" + i, i, "w1"));
    }
    index.learn(inventory);

    assertThat(index.layers(inventory.stream().map(LayerRecord::id).toList())).hasSize(2500);
    index.dropHolder("w1");
    assertThat(holders("snap:2499")).isEmpty();
  }

  @Test
  void forgetsStaleHoldersOfLayersThatManyHeld() {
    for (int i = 0; i < 50; i++) {
      index.addHolder("brief-" + i, 1);
      index.learn(List.of(held("chain:base", 1, "brief-" + i)));
      if (i % 2 == 0) {
        index.dropHolder("brief-" + i);
      }
    }

    assertThat(holders("chain:base"))
        .hasSize(25)
        .contains("brief-1", "brief-49")
        .doesNotContain("brief-48");
  }

  private Set<String> holders(String id) {
    LayerRecord layer = index.layers(List.of(id)).get(id);
    return layer == null ? Set.of() : layer.holders();
  }

  private static LayerRecord held(String id, long size, String... holders) {
    return new LayerRecord(id, size, Optional.empty(), Optional.empty(), Set.of(holders));
  }

  private static CacheRecord record(String key, LayerChain chain) {
    return new CacheRecord(
        key,
        "canonical " + key,
        Map.of(0, chain, 3, LayerChain.SCRATCH),
        Duration.ofMillis(1234),
        Instant.parse("2026-11-23T10:00:00.123Z"),
        "team-a");
  }
}
