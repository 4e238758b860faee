package dev.slipway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hazelcast.core.Hazelcast;
import dev.slipway.config.ClusterSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real members on loopback. */
class ClusterMembersTest {
  private static final Codec<String> TEXT = new TextCodec();

  private final List<Cluster> members = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    for (ClusterSettings settings : ClusterMembers.settings(3)) {
      members.add(ClusterMembers.start(settings));
    }
  }

  @AfterEach
  void stop() {
    members.forEach(Cluster::close);
  }

  private ClusterMap<String> map(int member) {
    return members.get(member).map(MapNames.QUOTAS, TEXT);
  }

  private List<String> ids() {
    return members.stream().map(Cluster::self).toList();
  }

  @Test
  void membersKnowEachOtherInOrderOfAge() {
    await()
        .untilAsserted(() ->
            assertThat(members)
                .allSatisfy(member -> assertThat(member.members()).isEqualTo(ids())));

    assertThat(members.getLast().isLive(members.getFirst().self())).isTrue();
    assertThat(members.getLast().isLive("nobody")).isFalse();
  }

  @Test
  void whatOneWritesAllReadAndHearOf() {
    Map<String, Optional<String>> heard = new ConcurrentHashMap<>();
    map(2).watch(heard::put);

    map(0).set("a", "1");
    map(1).set("b", "2");
    map(1).remove("b");

    assertThat(map(2).get("a")).contains("1");
    await()
        .untilAsserted(() ->
            assertThat(heard).isEqualTo(Map.of("a", Optional.of("1"), "b", Optional.empty())));
  }

  @Test
  void updatesOfAllMembersToOneEntryAreAllCounted() throws Exception {
    int writers = 3;
    int writes = 40;
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int writer = 0; writer < writers; writer++) {
        ClusterMap<String> map = map(writer);
        running.add(
            threads.submit(() -> {
              for (int i = 0; i < writes; i++) {
                map.update(
                    List.of("count"),
                    (_, before) ->
                        Optional.of(Integer.toString(before.map(Integer::parseInt).orElse(0) + 1)));
              }
            }));
      }
      for (Future<?> writer : running) {
        writer.get();
      }
    }

    assertThat(map(0).get("count")).contains(Integer.toString(writers * writes));
  }

  @Test
  void entriesOutliveTheMemberThatDies() {
    for (int i = 0; i < 100; i++) {
      map(0).set("key" + i, "value" + i);
    }
    List<List<String>> heard = new ArrayList<>();
    members.get(1).onChange(heard::add);

    long start = System.nanoTime();
    Hazelcast.getAllHazelcastInstances().stream()
        .filter(instance ->
            members
                .getFirst()
                .self()
                .equals(instance.getCluster().getLocalMember().getAttribute(MemberConfig.ID)))
        .forEach(instance -> instance.getLifecycleService().terminate());
    await().untilAsserted(() -> assertThat(heard).isNotEmpty());
    System.out.println(
        "death of a member known after " + (System.nanoTime() - start) / 1_000_000 + " ms");

    assertThat(heard.getLast()).isEqualTo(ids().subList(1, 3));
    // Each member hears of it by itself.
    await()
        .untilAsserted(
            () -> assertThat(members.get(2).isLive(members.getFirst().self())).isFalse());
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          for (int i = 0; i < 100; i++) {
            assertThat(map(1).get("key" + i)).contains("value" + i);
          }
        });
  }
}
