package dev.slipway.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMembers;
import dev.slipway.config.ClusterSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.ManagedChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CoordinatorsTest {
  private final List<Cluster> members = new ArrayList<>();
  private final List<Coordinators> coordinators = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    for (ClusterSettings settings : ClusterMembers.settings(2)) {
      Cluster cluster = ClusterMembers.start(settings);
      members.add(cluster);
      coordinators.add(Coordinators.start(cluster, "token", Optional.empty()));
    }
  }

  @AfterEach
  void stop() {
    coordinators.forEach(Coordinators::close);
    members.forEach(Cluster::close);
  }

  private CoordinatorRecord record(int number) {
    return new CoordinatorRecord(
        members.get(number).self(),
        "127.0.0.1:" + (4000 + number),
        List.of("tcp://127.0.0.1:" + (5000 + number), "unix:///run/farm"),
        "127.0.0.1:" + (6000 + number),
        Instant.parse("2026-11-23T10:00:00Z"));
  }

  @Test
  void allSeeWhoeverAnnouncesItself() {
    List<List<CoordinatorRecord>> heard = new CopyOnWriteArrayList<>();
    coordinators.get(1).onChange(heard::add);
    assertThat(coordinators.getFirst().self()).isEmpty();
    assertThat(coordinators.getFirst().all()).isEmpty();

    coordinators.get(1).announce(record(1));
    coordinators.get(0).announce(record(0));

    assertThat(coordinators.getFirst().self()).contains(record(0));
    await()
        .untilAsserted(() ->
            assertThat(coordinators)
                .allSatisfy(each -> assertThat(each.all()).containsExactly(record(0), record(1))));
    assertThat(heard.getLast()).containsExactly(record(0), record(1));
    assertThat(coordinators.get(1).oldest()).contains(record(0));
    assertThat(coordinators.get(1).find(record(0).id())).contains(record(0));
  }

  @Test
  void aRecordComesBackFromTheMapAsItWas() {
    CoordinatorRecord record =
        new CoordinatorRecord(
            "id", "host:1", List.of(), "host:2", Instant.parse("2026-11-23T10:00:00.123456789Z"));
    CoordinatorCodec codec = new CoordinatorCodec();

    assertThat(codec.decode(codec.encode(record))).isEqualTo(record);
  }

  @Test
  void whoLeavesIsForgottenAndItsChannelEnds() throws Exception {
    coordinators.get(0).announce(record(0));
    coordinators.get(1).announce(record(1));
    await().untilAsserted(() -> assertThat(coordinators.get(1).all()).hasSize(2));
    ManagedChannel channel = coordinators.get(1).channel(record(0).id());
    assertThat(coordinators.get(1).channel(record(0).id())).isSameAs(channel);

    members.get(0).close();

    await().untilAsserted(() -> assertThat(coordinators.get(1).all()).containsExactly(record(1)));
    assertThat(channel.isShutdown()).isTrue();
    assertThatThrownBy(() -> coordinators.get(1).channel(record(0).id()))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
        .hasMessageContaining("is not in the cluster");
  }
}
