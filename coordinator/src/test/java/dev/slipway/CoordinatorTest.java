package dev.slipway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.config.FarmOptions;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.InfoRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoordinatorTest {
  @TempDir private Path root;
  private Path token;

  @BeforeEach
  void writeToken() throws Exception {
    token = Files.writeString(root.resolve("token"), "secret\n");
  }

  @Test
  void writesItsRealAddressesAndServesThem() throws Exception {
    Path socket = root.resolve("s/slipway.sock");
    try (Coordinator coordinator =
        Coordinator.start(options(List.of("tcp://127.0.0.1:0", "unix://" + socket)))) {
      List<String> addresses = Files.readAllLines(root.resolve("run/grpc.address"));
      assertThat(addresses)
          .hasSize(2)
          .contains("unix://" + socket)
          .isEqualTo(coordinator.addresses());
      assertThat(Files.readString(root.resolve("run/http.address")).strip())
          .isEqualTo(coordinator.httpAddress())
          .startsWith("127.0.0.1:");
      assertThat(Files.readString(root.resolve("run/workers.address")).strip())
          .isEqualTo(coordinator.workersAddress())
          .doesNotEndWith(":0");
      ManagedChannel channel =
          NettyChannelBuilder.forTarget(addresses.getFirst().substring("tcp://".length()))
              .usePlaintext()
              .build();
      assertThat(
              ControlGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(5, TimeUnit.SECONDS)
                  .info(InfoRequest.getDefaultInstance())
                  .hasBuildkitVersion())
          .isTrue();
      channel.shutdownNow();
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void saysWhatIsWrongWithItsOptions() throws Exception {
    assertThatThrownBy(() -> Coordinator.start(options(List.of("ftp://here"))))
        .hasMessageContaining("\"ftp://here\" is neither tcp://host:port nor unix://path");
    Files.writeString(token, " \n");
    assertThatThrownBy(() -> Coordinator.start(options(List.of())))
        .hasMessageContaining("is empty");
  }

  private CoordinatorOptions options(List<String> addresses) {
    return new CoordinatorOptions(
        root,
        addresses,
        "127.0.0.1:0",
        "127.0.0.1:0",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        token,
        Optional.empty(),
        List.of(),
        new TlsOptions(),
        new FarmOptions(),
        new FarmCaOptions(),
        new ClusterOptions());
  }
}
