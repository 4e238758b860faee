package dev.slipway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.config.ClusterSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Leases and locks between two real members on loopback; the last test ends one of them. */
@Timeout(60)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterLocksTest {
  private static final List<Cluster> MEMBERS = new ArrayList<>();
  private static final List<ClusterLocks> LOCKS = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    for (ClusterSettings settings : ClusterMembers.settings(2)) {
      Cluster member = ClusterMembers.start(settings);
      MEMBERS.add(member);
      LOCKS.add(new ClusterLocks(member));
    }
    await().until(() -> MEMBERS.stream().allMatch(member -> member.members().size() == 2));
  }

  @AfterAll
  static void stop() {
    MEMBERS.forEach(Cluster::close);
  }

  @Test
  @Order(1)
  void claimsWhatIsFreeAndTellsWhoHasTheRest() {
    Leases first = new Leases(MEMBERS.get(0), MapNames.LEASES);
    Leases second = new Leases(MEMBERS.get(1), MapNames.LEASES);
    Leases.Claim early = first.claim(List.of("a", "b"), "build-1");

    Leases.Claim late = second.claim(List.of("b", "c"), "build-2");

    assertThat(early.has("a") && early.has("b")).isTrue();
    assertThat(late.has("b")).isFalse();
    assertThat(late.has("c")).isTrue();
    assertThat(late.holders()).containsEntry("b", early.lease());
    assertThat(second.isLive(early.lease())).isTrue();
  }

  @Test
  @Order(2)
  void releasesOnlyWhatIsStillUnderThatLease() {
    Leases first = new Leases(MEMBERS.get(0), MapNames.LEASES);
    Leases second = new Leases(MEMBERS.get(1), MapNames.LEASES);
    Lease old = first.claim(List.of("d"), "build-1").lease();
    Lease fresh = first.claim(List.of("d"), "build-2").lease();

    first.release(List.of("d"), old);
    assertThat(second.claim(List.of("d"), "build-3").holders()).containsEntry("d", fresh);

    second.release(List.of("d"), fresh);
    assertThat(second.claim(List.of("d"), "build-3").has("d")).isTrue();
  }

  @Test
  @Order(3)
  void oneHoldsALockAtATimeWhereverTheyAsk() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        ClusterLocks locks = LOCKS.get(i % 2);
        String build = "build-" + i;
        all.add(
            threads.submit(() -> {
              try (ClusterLocks.Held _ = locks.acquire("cache", build)) {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.sleep(5);
                inside.decrementAndGet();
              }
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }

    assertThat(most).hasValue(1);
  }

  @Test
  @Order(4)
  void thoseOfOneCoordinatorGetItInTheOrderTheyCame() throws Exception {
    List<Integer> order = new CopyOnWriteArrayList<>();
    List<Thread> waiting = new ArrayList<>();
    try (ClusterLocks.Held _ = LOCKS.getFirst().acquire("line", "build")) {
      for (int i = 0; i < 4; i++) {
        int number = i;
        Thread thread =
            Thread.ofVirtual()
                .start(() -> {
                  try (ClusterLocks.Held _ = LOCKS.getFirst().acquire("line", "build")) {
                    order.add(number);
                  } catch (InterruptedException e) {
                    order.add(-1);
                  }
                });
        waiting.add(thread);
        await().until(() -> thread.getState() == Thread.State.WAITING);
      }
    }
    for (Thread thread : waiting) {
      thread.join();
    }

    assertThat(order).containsExactly(0, 1, 2, 3);
  }

  @Test
  @Order(5)
  void whoIsInterruptedWhileWaitingLeavesNothingBehind() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    try (ClusterLocks.Held _ = LOCKS.getFirst().acquire("busy", "build")) {
      Thread waiting =
          Thread.ofVirtual()
              .start(() -> {
                try (ClusterLocks.Held _ = LOCKS.get(1).acquire("busy", "build")) {
                  interrupted.complete(false);
                } catch (InterruptedException e) {
                  interrupted.complete(true);
                }
              });
      await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
      waiting.interrupt();
      assertThat(interrupted.get()).isTrue();
    }

    LOCKS.get(1).acquire("busy", "build").close();
  }

  @Test
  @Order(6)
  void locksOfACoordinatorThatDiedAreFreeAtOnce() throws Exception {
    LOCKS.getFirst().acquire("orphan", "build");

    long start = System.nanoTime();
    ClusterMembers.kill(MEMBERS.getFirst());
    LOCKS.get(1).acquire("orphan", "other").close();

    System.out.println(
        "lock of a dead coordinator taken after "
            + (System.nanoTime() - start) / 1_000_000
            + " ms");
  }
}
