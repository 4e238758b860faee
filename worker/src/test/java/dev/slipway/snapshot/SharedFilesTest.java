package dev.slipway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class SharedFilesTest {
  private final SharedFiles shared = new SharedFiles();

  @Test
  void countsForTheOldestInWhateverOrderTheyCome() {
    shared.add(9, List.of(new SharedFiles.File(1, 100, 3)), _ -> false);
    shared.add(5, List.of(new SharedFiles.File(1, 100, 3)), _ -> false);

    assertThat(shared.elsewhere(9)).isEqualTo(100);
    assertThat(shared.elsewhere(5)).isZero();
    assertThat(shared.remove(5)).isEqualTo(100);
    assertThat(shared.elsewhere(9)).isZero();
    assertThat(shared.remove(9)).isZero();
  }

  /** Files linked from layer to layer at random; every inode must count exactly once. */
  @RepeatedTest(30)
  void everyFileCountsOnceWhateverGoesFirst() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Map<Long, Set<Long>> layers = new TreeMap<>();
    long inode = 0;
    for (long layer = 1; layer <= 30; layer++) {
      Set<Long> inodes = new TreeSet<>();
      List<SharedFiles.File> links = new java.util.ArrayList<>();
      for (int i = 0; i < 5; i++) {
        inodes.add(++inode);
      }
      for (Map.Entry<Long, Set<Long>> origin : Map.copyOf(layers).entrySet()) {
        for (long file : origin.getValue()) {
          if (random.nextInt(40) == 0 && inodes.add(file)) {
            links.add(new SharedFiles.File(file, file, origin.getKey()));
          }
        }
      }
      layers.put(layer, inodes);
      shared.add(layer, links, _ -> true);
    }
    List<Long> order = new java.util.ArrayList<>(layers.keySet());
    java.util.Collections.shuffle(order, random);
    for (long gone : order) {
      assertThat(charged(layers)).as("seed %d", seed).isEqualTo(distinct(layers));
      long before = charged(layers);
      long own = sum(layers.get(gone)) - shared.elsewhere(gone);
      long freed = own - shared.remove(gone);
      layers.remove(gone);
      assertThat(charged(layers)).as("seed %d", seed).isEqualTo(before - freed);
    }
  }

  private long charged(Map<Long, Set<Long>> layers) {
    return layers.entrySet().stream()
        .mapToLong(layer -> sum(layer.getValue()) - shared.elsewhere(layer.getKey()))
        .sum();
  }

  private static long distinct(Map<Long, Set<Long>> layers) {
    return layers.values().stream()
        .flatMap(Set::stream)
        .distinct()
        .mapToLong(Long::longValue)
        .sum();
  }

  private static long sum(Set<Long> inodes) {
    return inodes.stream().mapToLong(Long::longValue).sum();
  }
}
