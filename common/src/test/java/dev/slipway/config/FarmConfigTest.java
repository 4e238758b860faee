package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FarmConfigTest {
  @Test
  void readsTheKeysThatSlipwayUses() throws Exception {
    FarmConfig config =
        FarmConfig.parse(
            """
            root = "/var/lib/slipway"
            insecure-entitlements = ["network.host"]
            [grpc]
              address = ["tcp://127.0.0.1:1234", "unix:///run/slipway.sock"]
            [registry."docker.io"]
              mirrors = ["127.0.0.1:5000", "mirror.test/library"]
            [registry."127.0.0.1:5000"]
              http = true
              insecure = true
            [worker.oci]
              max-parallelism = 4
              platforms = ["linux/amd64", "linux/arm64"]
            """,
            "test.toml");

    assertThat(config.root()).contains(Path.of("/var/lib/slipway"));
    assertThat(config.entitlements()).containsExactly("network.host");
    assertThat(config.addresses())
        .containsExactly("tcp://127.0.0.1:1234", "unix:///run/slipway.sock");
    assertThat(config.registries())
        .containsEntry(
            "docker.io",
            new FarmConfig.Registry(List.of("127.0.0.1:5000", "mirror.test/library"), false, false))
        .containsEntry("127.0.0.1:5000", new FarmConfig.Registry(List.of(), true, true));
    assertThat(config.maxParallelism()).hasValue(4);
    assertThat(config.platforms()).containsExactly("linux/amd64", "linux/arm64");
    assertThat(config.unused()).isEmpty();
  }

  @Test
  void emptyFileIsTheDefault() throws Exception {
    assertThat(FarmConfig.parse("", "test.toml")).isEqualTo(FarmConfig.DEFAULT);
  }

  @Test
  void acceptsKeysOfBuildkitdThatItDoesNotUse() throws Exception {
    FarmConfig config =
        FarmConfig.parse(
            """
            debug = true
            [grpc]
              uid = 0
            [worker.oci]
              enabled = true
              gc = true
              [[worker.oci.gcpolicy]]
                all = true
            [worker.containerd]
              enabled = false
            [registry."r.test"]
              ca = ["/etc/ca.pem"]
            """,
            "test.toml");

    assertThat(config.unused())
        .containsExactlyInAnyOrder(
            "debug",
            "grpc.uid",
            "worker.oci.enabled",
            "worker.containerd",
            "registry.\"r.test\".ca");
  }

  @Test
  void namesTheUnknownKey() {
    assertThatThrownBy(() -> FarmConfig.parse("colour = \"blue\"", "test.toml"))
        .hasMessageContaining("test.toml")
        .hasMessageContaining("colour");
    assertThatThrownBy(() -> FarmConfig.parse("[worker.oci]\nslots = 3", "test.toml"))
        .hasMessageContaining("worker.oci.slots");
    assertThatThrownBy(() -> FarmConfig.parse("[registry.\"a.b\"]\nport = 3", "test.toml"))
        .hasMessageContaining("registry.\"a.b\".port");
    assertThatThrownBy(() -> FarmConfig.parse("[worker.kubernetes]", "test.toml"))
        .hasMessageContaining("worker.kubernetes");
  }

  @Test
  void namesTheKeyWhoseValueIsWrong() {
    for (String[] wrong :
        new String[][] {
          {"root = 3", "root"},
          {"grpc = 3", "grpc"},
          {"[grpc]\naddress = \"tcp://x\"", "grpc.address"},
          {"[worker.oci]\nmax-parallelism = 0", "worker.oci.max-parallelism"},
          {"[registry.\"a\"]\nhttp = \"yes\"", "registry.\"a\".http"},
        }) {
      assertThatThrownBy(() -> FarmConfig.parse(wrong[0], "test.toml"))
          .isInstanceOf(SlipwayException.class)
          .hasMessageContaining(wrong[1] + " must be");
    }
    assertThatThrownBy(() -> FarmConfig.parse("a = = b", "test.toml"))
        .hasMessageContaining("is not TOML");
  }

  @Test
  void refusesToServeInTheClearWhatShouldBeEncrypted() {
    assertThatThrownBy(() -> FarmConfig.parse("[grpc.tls]\ncert = \"c.pem\"", "test.toml"))
        .hasMessageContaining("grpc.tls needs both a certificate (cert) and its key (key)");
  }

  @Test
  void egressIsTwoListsOfNetworks() throws Exception {
    FarmConfig config =
        FarmConfig.parse(
            "[worker.oci.egress]\nallow = [\"10.1.2.3\"]\ndeny = [\"10.0.0.0/8\", \"0.0.0.0/0\"]\n",
            "farm.toml");

    assertThat(config.egress())
        .isEqualTo(new EgressSettings(List.of("10.1.2.3/32"), List.of("10.0.0.0/8", "0.0.0.0/0")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.com", "10.0.0.1/8", "10.0.0.0/33", "256.0.0.0/8", "fd00::/8"})
  void whatIsNoNetworkIsNamed(String network) {
    assertThatThrownBy(
            () -> FarmConfig.parse("[worker.oci.egress]\ndeny = [\"" + network + "\"]\n", "f"))
        .hasMessageContaining("worker.oci.egress.deny must be a list of IPv4 networks")
        .hasMessageContaining(network);
  }
}
