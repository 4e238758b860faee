package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.EgressSettings;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreachableTest {
  @Test
  void metadataServicesAndTheFarmsMachinesAreOutOfReach() throws IOException {
    assertThat(Unreachable.around(List.of("198.51.100.7:1240")).networks())
        .contains("169.254.0.0/16", "198.51.100.7/32");
  }

  @Test
  void loopbackNeedsNoRouteForItIsTheContainersOwn() throws IOException {
    assertThat(Unreachable.around(List.of("127.0.0.1:1240")).networks())
        .noneMatch(network -> network.startsWith("127."));
  }

  @Test
  void aNameThatDoesNotResolveAddsNothing() throws IOException {
    assertThat(Unreachable.around(List.of("coordinator.invalid:1240")).networks())
        .contains("169.254.0.0/16");
  }

  @Test
  void whatIsBarredHasARouteThatProhibitsItAndWhatIsAllowedAWayOut() {
    Unreachable rules = new Unreachable(List.of("10.1.2.3/32"), List.of("10.1.2.0/24"));

    assertThat(rules.after(Unreachable.NOTHING))
        .containsExactly(
            "route replace prohibit 10.1.2.3/32", "route replace 10.1.2.0/24 via 10.0.2.2");
  }

  @Test
  void onlyWhatChangesIsChanged() {
    Unreachable before = new Unreachable(List.of("10.1.2.3/32", "10.1.2.4/32"), List.of());
    Unreachable after = new Unreachable(List.of("10.1.2.4/32", "10.1.2.5/32"), List.of());

    assertThat(after.after(before))
        .containsExactly("route del prohibit 10.1.2.3/32", "route replace prohibit 10.1.2.5/32");
    assertThat(after.after(after)).isEmpty();
  }

  @Test
  void whatIsAllowedAsWellIsNotBarredAndEverythingIsTwoHalves() {
    Unreachable rules =
        Unreachable.configured(
                new EgressSettings(List.of("10.1.2.3/32", "192.0.2.0/24"), List.of("0.0.0.0/0")))
            .and(new Unreachable(List.of("10.1.2.3/32"), List.of()));

    assertThat(rules.after(Unreachable.NOTHING))
        .containsExactly(
            "route replace prohibit 0.0.0.0/1",
            "route replace prohibit 128.0.0.0/1",
            "route replace 10.1.2.3/32 via 10.0.2.2",
            "route replace 192.0.2.0/24 via 10.0.2.2");
  }
}
