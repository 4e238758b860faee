package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BundleSpecTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BundleSpec.EtcFiles ETC =
      new BundleSpec.EtcFiles(Path.of("/b/hosts"), Path.of("/b/resolv.conf"));

  private static final ExecMeta META =
      new ExecMeta(
          List.of("/bin/sh", "-c", "make"),
          List.of("A=1"),
          "/src",
          "app",
          "",
          List.of(new ExecMeta.ExtraHost("db", "10.0.0.5")),
          List.of(new ExecMeta.Ulimit("nofile", 1024, 2048)),
          List.of("HTTP_PROXY=http://proxy"),
          List.of());

  private static ExecSpec spec(Op.Network network) {
    List<SandboxMount> mounts =
        List.of(
            new SandboxMount.Bind(Path.of("/input"), "/src", true, false),
            new SandboxMount.Tmpfs("/tmp", 1024, false));
    return new ExecSpec(
        "exec-1", Path.of("/root-of-it"), false, META, mounts, network, Optional.empty());
  }

  @Test
  void looksAsReviewed() throws Exception {
    ObjectNode config =
        BundleSpec.of(
            spec(Op.Network.SANDBOX),
            new UserLookup.Ids(1000, 1001, List.of(10)),
            new BundleSpec.Net.Joined(Path.of("/ns")),
            ETC);
    ((ObjectNode) config.get("linux")).remove("seccomp"); // differs by machine; its own test below

    try (InputStream golden = BundleSpecTest.class.getResourceAsStream("config.golden.json")) {
      assertThat(config.toPrettyString()).isEqualTo(JSON.readTree(golden).toPrettyString());
    }
  }

  @Test
  void deniesNamespacesToCloneAndHidesClone3() {
    JsonNode rules = SeccompProfile.json().get("syscalls");

    assertThat(rules)
        .filteredOn(rule -> rule.get("names").get(0).asText().equals("clone"))
        .hasSize(7);
    assertThat(rules)
        .anyMatch(rule ->
            rule.get("names").get(0).asText().equals("clone3")
                && rule.get("errnoRet").asInt() == 38);
    assertThat(rules.get(0).get("names"))
        .extracting(JsonNode::asText)
        .contains("mount", "unshare", "bpf", "keyctl", "io_uring_setup");
  }

  @Test
  void theHostsNetworkShowsTheHostsSysfs() {
    ObjectNode config =
        BundleSpec.of(
            spec(Op.Network.SANDBOX),
            new UserLookup.Ids(0, 0, List.of()),
            new BundleSpec.Net.Host(),
            ETC);

    assertThat(config.get("linux").get("namespaces"))
        .extracting(node -> node.get("type").asText())
        .doesNotContain("network", "user");
    assertThat(config.get("mounts")).anyMatch(mount -> mount.get("source").asText().equals("/sys"));
  }

  @Test
  void writesHosts() {
    assertThat(BundleSpec.hosts(META))
        .isEqualTo(
            "127.0.0.1\tlocalhost buildkitsandbox\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.5\tdb\n");
  }
}
