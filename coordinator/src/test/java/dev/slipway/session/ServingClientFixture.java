package dev.slipway.session;

import dev.slipway.config.AccessSettings.Role;
import dev.slipway.context.ContextStore;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import io.grpc.BindableService;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator's sessions, and a client that serves what a test wants. */
abstract class ServingClientFixture {
  private static final Principal ALICE = new Principal("alice", "team-a", List.of(), Role.BUILDER);

  @TempDir Path directory;
  private SessionRegistry registry;
  private TestDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    registry =
        new SessionRegistry(
            new ContextStore(directory, InstantSource.system()), HealthPolicy.DEFAULT);
    daemon = new TestDaemon(registry, () -> ALICE);
  }

  @AfterEach
  void stop() {
    registry.close();
    daemon.close();
  }

  /** The session of {@link #client}. */
  Session session() throws SlipwayException, InterruptedException {
    return registry.await(ALICE, "s1", Duration.ofSeconds(5));
  }

  /**
   * @param methods that the client says it serves
   */
  TestClient client(List<String> methods, BindableService service) throws IOException {
    return new TestClient(
        daemon.address(),
        "s1",
        "",
        methods,
        List.of(service.bindService(), new HealthStatusManager().getHealthService().bindService()));
  }
}
