package dev.slipway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hazelcast.core.Hazelcast;
import dev.slipway.config.ClusterSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two sides of one cluster that have not seen each other find each other. */
class MergeTest {
  private static final Codec<String> TEXT = new TextCodec();

  /** A member that looks for nobody but itself. */
  private static ClusterSettings apart(ClusterSettings settings) {
    return new ClusterSettings(
        2, settings.listen(), List.of(settings.listen().orElseThrow()), Optional.empty(), false);
  }

  private static void letAllLookFor(List<String> addresses) {
    Hazelcast.getAllHazelcastInstances()
        .forEach(member ->
            member.getConfig().getNetworkConfig().getJoin().getTcpIpConfig().setMembers(addresses));
  }

  @Test
  void memberThatAcceptsAndSaysNothingDoesNotKeepTheOthersApart() throws Exception {
    List<ClusterSettings> settings = ClusterMembers.settings(2);
    try (ServerSocket hung = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Cluster left = ClusterMembers.start(apart(settings.get(0)));
        Cluster right = ClusterMembers.start(apart(settings.get(1)))) {
      letAllLookFor(List.of("127.0.0.1:" + hung.getLocalPort()));
      // Both have sent it their half of a handshake.
      hung.accept();
      hung.accept();

      letAllLookFor(
          Stream.concat(
                  Stream.of("127.0.0.1:" + hung.getLocalPort()),
                  settings.getFirst().members().stream())
              .toList());

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> {
            assertThat(left.members()).hasSize(2);
            assertThat(right.members()).isEqualTo(left.members());
          });
    }
  }

  @Test
  void whatWasWrittenLaterStaysWhicheverSideWroteIt() throws Exception {
    List<ClusterSettings> settings = ClusterMembers.settings(2);
    try (Cluster left = ClusterMembers.start(apart(settings.get(0)));
        Cluster right = ClusterMembers.start(apart(settings.get(1)))) {
      List<String> ids = List.of(left.self(), right.self());
      ClusterMap<String> onLeft = left.map(MapNames.QUOTAS, TEXT);
      ClusterMap<String> onRight = right.map(MapNames.QUOTAS, TEXT);
      assertThat(left.members()).containsExactly(left.self());
      onLeft.set("a", "early");
      onRight.set("b", "early");
      onLeft.set("only left", "kept");
      onRight.set("only right", "kept");
      Thread.sleep(5); // epochs count milliseconds
      onRight.set("a", "late");
      onLeft.set("b", "late");

      long start = System.nanoTime();
      letAllLookFor(settings.getFirst().members());

      await()
          .atMost(Duration.ofSeconds(40))
          .untilAsserted(() -> {
            assertThat(left.members()).containsExactlyInAnyOrderElementsOf(ids);
            assertThat(right.members()).isEqualTo(left.members());
            for (ClusterMap<String> map : List.of(onLeft, onRight)) {
              assertThat(map.getAll(List.of("a", "b", "only left", "only right")))
                  .hasSize(4)
                  .containsEntry("a", "late")
                  .containsEntry("b", "late");
            }
          });
      System.out.println("merged after " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }
  }
}
