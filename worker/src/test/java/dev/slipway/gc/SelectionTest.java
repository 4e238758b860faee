package dev.slipway.gc;

import static dev.slipway.gc.Records.NOW;
import static dev.slipway.gc.Records.inUse;
import static dev.slipway.gc.Records.layer;
import static dev.slipway.gc.Records.withBlob;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.pattern.FieldFilter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static Policy policy(Duration keep, String... filters) throws Exception {
    return new Policy(FieldFilter.parse(List.of(filters)), false, keep, 0, 0, 0, false);
  }

  private static List<String> order(Policy policy, DiskRecord... records) {
    return Selection.inOrder(policy, Selection.lifted(List.of(records)), NOW).stream()
        .map(DiskRecord::id)
        .toList();
  }

  @Test
  void theLeastRecentlyUsedGoesFirst() throws Exception {
    assertThat(order(policy(Duration.ZERO), layer("a", 1, 5), layer("b", 1, 9), layer("c", 1, 1)))
        .containsExactly("b", "a", "c");
  }

  @Test
  void aUseRefreshesAllThatIsBelow() throws Exception {
    assertThat(
            order(
                policy(Duration.ZERO),
                layer("base", 1, 100),
                layer("middle", 1, 50, "base"),
                layer("top", 1, 1, "middle"),
                layer("other", 1, 10)))
        .containsExactly("other", "top", "middle", "base");
  }

  @Test
  void nothingGoesFromBelowWhatIsInUse() throws Exception {
    assertThat(
            order(
                policy(Duration.ZERO),
                layer("base", 1, 100),
                inUse(layer("middle", 1, 50, "base")),
                layer("top", 1, 1, "middle")))
        .containsExactly("top");
  }

  @Test
  void nothingGoesFromBelowWhatTheFilterLeaves() throws Exception {
    assertThat(
            order(
                policy(Duration.ZERO, "id==base", "id==free"),
                layer("base", 1, 100),
                layer("top", 1, 100, "base"),
                layer("free", 1, 100)))
        .containsExactly("free");
  }

  @Test
  void whatWasUsedLatelyStays() throws Exception {
    assertThat(
            order(
                policy(Duration.ofMinutes(10)),
                layer("base", 1, 100),
                layer("top", 1, 9, "base"),
                layer("old", 1, 11)))
        .containsExactly("old");
  }

  @Test
  void internalRecordsGoOnlyWhenAllIsSaid() {
    DiskRecord internal =
        new DiskRecord(
            "i", DiskRecord.Type.INTERNAL, false, false, 1, 0, NOW, NOW, 1, List.of(), "");

    assertThat(order(new Policy(FieldFilter.ALL, false, Duration.ZERO, 0, 0, 0, false), internal))
        .isEmpty();
    assertThat(order(new Policy(FieldFilter.ALL, true, Duration.ZERO, 0, 0, 0, false), internal))
        .containsExactly("i");
  }

  @Test
  void blobsGoAloneFromTheMiddleOfAChainToo() {
    Policy policy = new Policy(FieldFilter.ALL, false, Duration.ZERO, 0, 0, 0, true);
    List<DiskRecord> records =
        Selection.lifted(
            List.of(
                withBlob(layer("base", 10, 100), 4),
                layer("top", 10, 1, "base"),
                withBlob(inUse(layer("used", 10, 100)), 4)));

    List<DiskRecord> order = Selection.inOrder(policy, records, NOW);

    assertThat(order).extracting(DiskRecord::id).containsExactly("base");
    assertThat(order.getFirst().size()).isEqualTo(4);
  }

  @Test
  void survivesRecordsThatStandOnEachOtherInARing() throws Exception {
    assertThat(order(policy(Duration.ZERO), layer("a", 1, 1, "b"), layer("b", 1, 1, "a")))
        .hasSize(2);
  }

  @RepeatedTest(50)
  void aRandomForestIsTakenDownFromTheTopAndNeverUnderAnybody() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<DiskRecord> records = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String[] parents =
          i > 0 && random.nextInt(4) > 0 ? new String[] {"l" + random.nextInt(i)} : new String[0];
      DiskRecord record = layer("l" + i, random.nextInt(100), random.nextInt(1000), parents);
      records.add(random.nextInt(20) == 0 ? inUse(record) : record);
    }
    java.util.Collections.shuffle(records, random);
    Policy policy = policy(Duration.ofMinutes(random.nextInt(500)));

    List<DiskRecord> order = Selection.inOrder(policy, Selection.lifted(records), NOW);

    Map<String, DiskRecord> left = new HashMap<>();
    records.forEach(record -> left.put(record.id(), record));
    Instant last = Instant.MIN;
    for (DiskRecord record : order) {
      Set<String> needed = new HashSet<>();
      left.values().forEach(other -> needed.addAll(other.parents()));
      assertThat(needed).as("seed %d, %s", seed, record.id()).doesNotContain(record.id());
      assertThat(left.remove(record.id()).inUse()).as("seed %d", seed).isFalse();
      assertThat(record.lastUsedAt()).as("seed %d", seed).isAfterOrEqualTo(last);
      last = record.lastUsedAt();
    }
    // Whatever is left has a reason of its own, or stands under one that has.
    Set<String> reasons = new HashSet<>();
    Instant cutOff = NOW.minus(policy.keepDuration());
    for (DiskRecord record : Selection.lifted(records)) {
      if (left.containsKey(record.id())) {
        boolean reason =
            record.inUse()
                || (!policy.keepDuration().isZero() && record.lastUsedAt().isAfter(cutOff));
        assertThat(reason).as("seed %d, %s stays", seed, record.id()).isTrue();
        reasons.add(record.id());
      }
    }
    assertThat(reasons).hasSize(left.size());
  }
}
