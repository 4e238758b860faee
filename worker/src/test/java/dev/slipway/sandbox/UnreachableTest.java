package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.EgressSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreachableTest {
  @Test
  void metadataServicesAndTheCoordinatorAreOutOfReach() throws IOException {
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
  void addressesAreArgumentsOfTheCommandNeverPartOfTheScript() {
    List<String> command =
        new Unreachable(List.of("10.1.2.3/32"), List.of("10.1.2.0/24"))
            .command(Path.of("/run/net0"));

    assertThat(command)
        .startsWith("nsenter", "--net=/run/net0", "sh", "-c")
        .endsWith("sh", "10.1.2.3/32", "--", "10.1.2.0/24");
  }

  @Test
  void whatIsAllowedAsWellIsNotBarredAndEverythingIsTwoHalves() {
    Unreachable rules =
        Unreachable.configured(
                new EgressSettings(List.of("10.1.2.3/32", "192.0.2.0/24"), List.of("0.0.0.0/0")))
            .and(new Unreachable(List.of("10.1.2.3/32"), List.of()));

    assertThat(rules.command(Path.of("/run/net0")))
        .endsWith("sh", "0.0.0.0/1", "128.0.0.0/1", "--", "10.1.2.3/32", "192.0.2.0/24");
  }
}
