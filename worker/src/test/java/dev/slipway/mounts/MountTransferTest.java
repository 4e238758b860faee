package dev.slipway.mounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.agent.EmptyStore;
import dev.slipway.graph.Mount;
import dev.slipway.linux.Processes;
import dev.slipway.peer.PeerServer;
import dev.slipway.peer.TrustedKeys;
import dev.slipway.protocol.Capability;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class MountTransferTest {
  private static final String ID = "mount:sha256:" + "a".repeat(64);

  @TempDir Path directory;
  private final Capability.Signer signer = Capability.Signer.generate();
  private final MountTransfer transfer = new MountTransfer(Optional.empty());
  private CacheMounts giver;
  private PeerServer server;
  private int port;

  @BeforeEach
  void start() throws Exception {
    Assumptions.assumeTrue(Processes.uid() == 0, "a worker is root of its namespace");
    giver = CacheMounts.open(directory.resolve("giver"), transfer, InstantSource.system());
    TrustedKeys keys = new TrustedKeys(InstantSource.system());
    keys.joined(signer.publicKey(), Instant.now());
    server =
        new PeerServer(
            new EmptyStore(),
            giver,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            new Meters(new SimpleMeterRegistry()),
            new PeerServer.Doors(keys),
            () -> true);
    port = server.start(new InetSocketAddress("127.0.0.1", 0));
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
      giver.close();
    }
    transfer.close();
  }

  @Test
  void bringsTheNewestCopyWhileAStepWritesToIt() throws Exception {
    MountWish wish = new MountWish(ID, "m", Mount.Sharing.SHARED, true, 0, 0, 0, List.of());
    try (MountUse use = giver.use(wish, MountBeginning.EMPTY, _ -> {})) {
      Files.writeString(use.directory().resolve("file"), "content");

      transfer.bring(peer(ID, ID), Files.createDirectory(directory.resolve("copy")));
    }

    assertThat(directory.resolve("copy/file")).hasContent("content");
  }

  @Test
  void saysWhatThePeerAnswered() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("copy"));

    assertThatThrownBy(() -> transfer.bring(peer(ID, ID), copy))
        .hasMessage("127.0.0.1:" + port + " answered 404");
    assertThatThrownBy(() -> transfer.bring(peer(ID, "mount:other"), copy))
        .hasMessage("127.0.0.1:" + port + " answered 403");
  }

  @Test
  void givesUpAPeerThatSaysNothing() throws Exception {
    try (ServerSocket silent = new ServerSocket(0)) {
      MountWish.Peer peer =
          new MountWish.Peer("http://127.0.0.1:" + silent.getLocalPort() + "/mounts/x", "", 1);
      long start = System.nanoTime();

      assertThatThrownBy(() -> transfer.bring(peer, directory))
          .hasMessageContaining("did not give its copy");

      assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
    }
  }

  private MountWish.Peer peer(String id, String allowed) {
    return new MountWish.Peer(
        "http://127.0.0.1:" + port + "/mounts/" + id,
        signer.sign("mounts/" + allowed, Instant.now().plusSeconds(60)),
        1);
  }
}
