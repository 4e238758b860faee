package dev.slipway.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hazelcast.core.Hazelcast;
import dev.slipway.config.ClusterSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two sides of one cluster that have not seen each other find each other. */
class MergeTest {
  private static final Codec<String> TEXT =
      new Codec<>() {
        @Override
        public byte[] encode(String value) {
          return value.getBytes(UTF_8);
        }

        @Override
        public String decode(byte[] bytes) {
          return new String(bytes, UTF_8);
        }
      };

  /** A member that looks for nobody but itself. */
  private static ClusterSettings apart(ClusterSettings settings) {
    return new ClusterSettings(
        2, settings.listen(), List.of(settings.listen().orElseThrow()), Optional.empty(), false);
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
      Hazelcast.getAllHazelcastInstances()
          .forEach(member ->
              member
                  .getConfig()
                  .getNetworkConfig()
                  .getJoin()
                  .getTcpIpConfig()
                  .setMembers(settings.getFirst().members()));

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
