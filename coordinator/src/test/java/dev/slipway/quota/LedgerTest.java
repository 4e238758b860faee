package dev.slipway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final Set<String> A = Set.of("team-a");
  private static final Set<String> B = Set.of("team-b");

  @Test
  void countsForEachTenantWhatItHasOnAnyWorker() {
    Ledger ledger =
        new Ledger(List.of(entry("one", A, 10, 1), entry("two", A, 5, 2), entry("three", B, 7, 3)));

    assertThat(ledger.bytes("team-a")).isEqualTo(15);
    assertThat(ledger.bytes("team-b")).isEqualTo(7);
    assertThat(ledger.bytes("team-c")).isZero();
  }

  @Test
  void theLeastRecentlyUsedGoesUntilTheBoundIsKept() {
    Ledger ledger =
        new Ledger(
            List.of(entry("new", A, 10, 3), entry("old", A, 10, 1), entry("middle", A, 10, 2)));

    assertThat(ids(ledger.excess("team-a", 15))).containsExactly("old", "middle");
    assertThat(ids(ledger.excess("team-a", 20))).containsExactly("old");
    assertThat(ids(ledger.excess("team-a", 30))).isEmpty();
  }

  @Test
  void whatIsInUseStays() {
    Ledger ledger =
        new Ledger(
            List.of(
                new Ledger.Entry("worker", "used", A, 10, Instant.EPOCH, true),
                entry("free", A, 10, 9)));

    assertThat(ids(ledger.excess("team-a", 0))).containsExactly("free");
  }

  @Test
  void whatIsAnothersAsWellCountsForBothAndStays() {
    Ledger ledger =
        new Ledger(
            List.of(entry("shared", Set.of("team-a", "team-b"), 10, 1), entry("own", A, 10, 2)));

    assertThat(ledger.bytes("team-a")).isEqualTo(20);
    assertThat(ids(ledger.excess("team-a", 5))).containsExactly("own");
  }

  private static Ledger.Entry entry(String id, Set<String> tenants, long size, long usedAt) {
    return new Ledger.Entry("worker", id, tenants, size, Instant.ofEpochSecond(usedAt), false);
  }

  private static List<String> ids(List<Ledger.Entry> entries) {
    return entries.stream().map(Ledger.Entry::id).toList();
  }
}
