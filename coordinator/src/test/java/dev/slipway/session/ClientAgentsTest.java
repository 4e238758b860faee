package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.config.AccessSettings.Role;
import dev.slipway.context.ContextStore;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.CheckAgentRequest;
import dev.slipway.protocol.buildkit.ssh.CheckAgentResponse;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import io.grpc.Status;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ClientAgentsTest {
  private static final String SERVICE = "/moby.sshforward.v1.SSH/";
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

  @Test
  void connectsToTheAgentThatTheClientShares() throws Exception {
    try (TestClient client = client(List.of(SERVICE + "CheckAgent", SERVICE + "ForwardAgent"))) {
      assertThatCode(() -> session().checkAgent("default")).doesNotThrowAnyException();
      try (ByteCall<?, ?> call = session().connectAgent("default")) {
        call.write(ByteString.copyFromUtf8("hello"));
        assertThat(call.read().orElseThrow().toStringUtf8()).isEqualTo("hello");
        call.endWriting();
        assertThat(call.read()).isEmpty();
      }
    }
  }

  @Test
  void saysWhatTheClientSaidOfAnAgentThatItDoesNotShare() throws Exception {
    try (TestClient client = client(List.of(SERVICE + "CheckAgent"))) {
      assertThatThrownBy(() -> session().checkAgent("other"))
          .hasMessage("unset ssh forward key other");
    }
  }

  @Test
  void aClientThatServesNoAgentsForwardsNoKey() throws Exception {
    try (TestClient client = client(List.of())) {
      assertThatThrownBy(() -> session().checkAgent("default"))
          .isInstanceOfSatisfying(
              SlipwayException.class,
              error -> assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND))
          .hasMessage("no SSH key \"default\" forwarded from the client");
    }
  }

  private Session session() throws SlipwayException, InterruptedException {
    return registry.await(ALICE, "s1", Duration.ofSeconds(5));
  }

  private TestClient client(List<String> methods) throws IOException {
    return new TestClient(
        daemon.address(),
        "s1",
        "",
        methods,
        List.of(
            new Agent().bindService(), new HealthStatusManager().getHealthService().bindService()));
  }

  /** Has one agent, which says what it hears. */
  private static final class Agent extends SSHGrpc.SSHImplBase {
    @Override
    public void checkAgent(CheckAgentRequest request, StreamObserver<CheckAgentResponse> answer) {
      if (request.getID().equals("default")) {
        answer.onNext(CheckAgentResponse.getDefaultInstance());
        answer.onCompleted();
      } else {
        answer.onError(
            Status.UNKNOWN
                .withDescription("unset ssh forward key " + request.getID())
                .asRuntimeException());
      }
    }

    @Override
    public StreamObserver<BytesMessage> forwardAgent(StreamObserver<BytesMessage> answers) {
      return new StreamObserver<>() {
        @Override
        public void onNext(BytesMessage message) {
          answers.onNext(message);
        }

        @Override
        public void onError(Throwable error) {
          // The connection broke, and nothing waits for an answer.
        }

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }
}
