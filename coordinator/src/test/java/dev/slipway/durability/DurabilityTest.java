package dev.slipway.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.fleet.WorkerStatus;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.solve.LayerReferences;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DurabilityTest {
  private static final LayerReferences REFERENCES =
      (chain, _, _) ->
          chain.layers().stream().map(id -> Layer.newBuilder().setId(id).build()).toList();

  private final MemoryCacheIndex index = new MemoryCacheIndex();
  private final StoringFleet fleet = new StoringFleet();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Durability durability;

  @AfterEach
  void stop() {
    if (durability != null) {
      durability.close();
    }
  }

  private Replicas replicas(int wanted) {
    return new Replicas(
        wanted, index, fleet, id -> Optional.ofNullable(fleet.status.get(id)), REFERENCES);
  }

  private void start(int replicas, List<Tier> tiers) {
    durability =
        Durability.start(
            new Durability.Parts(
                index,
                replicas(replicas),
                tiers,
                _ -> List.of(List.of("chain:base", "snap:1")),
                fleet::workers,
                () -> false,
                () -> true,
                new Meters(registry)));
  }

  private static CacheRecord record(String... layers) {
    return new CacheRecord(
        "key",
        "key",
        Map.of(0, new LayerChain(List.of(layers))),
        Duration.ZERO,
        Instant.EPOCH,
        "team-a");
  }

  private Set<String> holders(String layer) {
    return index.layers(List.of(layer)).get(layer).holders();
  }

  private void join(String... workers) {
    for (String worker : workers) {
      fleet.join(index, worker, Map.of());
    }
  }

  @Test
  void copiesWhatStepsMadeAndNothingElse() {
    join("a", "b", "c");
    index.learn(
        List.of(
            new LayerRecord(
                "chain:base",
                1,
                Optional.empty(),
                Optional.of(new LayerRecord.Origin("docker.io/library/busybox")),
                Set.of("a")),
            StoringFleet.layer("snap:1", "a")));
    start(2, List.of());

    durability.saved(List.of(record("chain:base", "snap:1")));

    await().untilAsserted(() -> assertThat(holders("snap:1")).hasSize(2).contains("a"));
    assertThat(fleet.asked).containsExactly("b: [snap:1]");
    assertThat(holders("chain:base")).containsExactly("a");
  }

  @Test
  void prefersAnotherZoneThenWhoHasLeastToDoThenWhoHasMostRoom() throws Exception {
    fleet.join(index, "maker", Map.of("zone", "one"));
    fleet.join(index, "idle-same-zone", Map.of("zone", "one"));
    fleet.join(index, "busy-other-zone", Map.of("zone", "two"));
    fleet.join(index, "small-other-zone", Map.of("zone", "two"));
    fleet.join(index, "large-other-zone", Map.of("zone", "two"));
    fleet.status.put("busy-other-zone", new WorkerStatus(4, 500L << 30, Duration.ZERO, false));
    fleet.status.put("small-other-zone", new WorkerStatus(0, 50L << 30, Duration.ZERO, false));
    index.learn(List.of(StoringFleet.layer("snap:1", "maker")));

    replicas(4).ensure(List.of("snap:1"));

    assertThat(fleet.asked).first().isEqualTo("large-other-zone: [snap:1]");
    assertThat(holders("snap:1")).hasSize(4).contains("maker", "large-other-zone");
  }

  @Test
  void leavesFullAndDrainingWorkersAloneAndPassesOverBrokenOnes() throws Exception {
    join("maker", "a-full", "b-draining", "c-broken", "d");
    fleet.status.put("a-full", new WorkerStatus(0, 1L << 20, Duration.ZERO, false));
    fleet.status.put("b-draining", new WorkerStatus(0, 100L << 30, Duration.ZERO, true));
    fleet.broken.add("c-broken");
    index.learn(List.of(StoringFleet.layer("snap:1", "maker")));

    int copied = replicas(2).ensure(List.of("snap:1"));

    assertThat(copied).isEqualTo(1);
    assertThat(holders("snap:1")).containsExactlyInAnyOrder("maker", "d");
  }

  @Test
  void copiesTheNewestResultsAgainWhenAWorkerIsLost() {
    join("a", "b", "c");
    index.learn(List.of(StoringFleet.layer("snap:1", "a", "b")));
    start(2, List.of());

    fleet.leave(index, "a");

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(holders("snap:1")).containsExactlyInAnyOrder("b", "c"));
  }

  @Test
  void tellsTheIndexWhatADirectoryHas() throws Exception {
    join("a");
    index.learn(List.of(StoringFleet.layer("snap:1", "a"), StoringFleet.layer("snap:2", "a")));
    DirectoryTier tier = new DirectoryTier(Path.of("/mnt/tier"), fleet);
    start(1, List.of(tier));

    durability.saved(List.of(record("snap:1", "snap:2")));

    await()
        .untilAsserted(() ->
            assertThat(index.layers(List.of("snap:1", "snap:2")).values())
                .allSatisfy(layer -> assertThat(layer.durable()).containsExactly(tier.place())));
    fleet.leave(index, "a");
    LayerRecord gone = index.layers(List.of("snap:2")).get("snap:2");
    assertThat(gone.isAvailable()).isTrue();
    assertThat(tier.sources(gone.blob().orElseThrow()).getFirst().getUrl())
        .isEqualTo(
            "file:///mnt/tier/blobs/sha256/"
                + gone.blob().orElseThrow().digest().hex().substring(0, 2)
                + "/"
                + gone.blob().orElseThrow().digest().hex());
  }
}
