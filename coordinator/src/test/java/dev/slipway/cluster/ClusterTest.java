package dev.slipway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ClusterTest {
  private static final Codec<String> TEXT = new TextCodec();

  private static Cluster cluster;

  private final ClusterMap<String> map = cluster.map(MapNames.QUOTAS, TEXT);

  @BeforeAll
  static void start() throws Exception {
    long start = System.nanoTime();
    cluster = Cluster.start(ClusterConfig.alone());
    System.out.println(
        "cluster member started in " + (System.nanoTime() - start) / 1_000_000 + " ms");
  }

  @AfterAll
  static void stop() {
    cluster.close();
    assertThat(cluster.isRunning()).isFalse();
  }

  @Test
  void keepsValuesByKey() {
    map.set("a", "1");
    map.set("b", "2");
    map.set("b", "3");

    assertThat(map.get("a")).contains("1");
    assertThat(map.getAll(List.of("a", "b", "none"))).isEqualTo(Map.of("a", "1", "b", "3"));

    map.remove("a");
    assertThat(map.get("a")).isEmpty();
  }

  @Test
  void updateMakesChangesAndRemovesEntries() {
    map.set("changed", "x");
    map.set("removed", "x");

    map.update(
        List.of("changed", "removed", "made", "left out"),
        (key, before) ->
            switch (key) {
              case "changed" -> before.map(text -> text + "y");
              case "made" -> Optional.of("new");
              default -> Optional.empty();
            });

    assertThat(map.getAll(List.of("changed", "removed", "made", "left out")))
        .isEqualTo(Map.of("changed", "xy", "made", "new"));
  }

  @Test
  void losesNoUpdateWhenManyWriteTheSameEntries() throws Exception {
    List<String> keys = IntStream.range(0, 20).mapToObj(i -> "counter-" + i).toList();
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> done = new ArrayList<>();
      for (int writer = 0; writer < 8; writer++) {
        done.add(
            writers.submit(() -> {
              for (int round = 0; round < 10; round++) {
                map.update(
                    keys,
                    (_, before) ->
                        Optional.of(Integer.toString(Integer.parseInt(before.orElse("0")) + 1)));
              }
            }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    }

    Map<String, String> expected = new HashMap<>();
    keys.forEach(key -> expected.put(key, "80"));
    assertThat(map.getAll(keys)).isEqualTo(expected);
  }

  @Test
  void epochsGrowEvenWhenTheClockStandsStill() {
    long future = Epoch.after(Epoch.after(Epoch.NONE) + (1L << 40));

    assertThat(Epoch.after(future)).isEqualTo(future + 1);
    assertThat(Epoch.of(Epoch.stamp(future, new byte[] {7}))).isEqualTo(future);
    assertThat(Epoch.value(Epoch.stamp(future, new byte[] {7}))).containsExactly(7);
  }
}
