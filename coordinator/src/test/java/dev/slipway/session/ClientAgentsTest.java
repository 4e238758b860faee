package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.CheckAgentRequest;
import dev.slipway.protocol.buildkit.ssh.CheckAgentResponse;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClientAgentsTest extends ServingClientFixture {
  private static final String SERVICE = "/moby.sshforward.v1.SSH/";

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

  private TestClient client(List<String> methods) throws IOException {
    return client(methods, new Agent());
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
