package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.secrets.GetSecretRequest;
import dev.slipway.protocol.buildkit.secrets.GetSecretResponse;
import dev.slipway.protocol.buildkit.secrets.SecretsGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClientSecretsTest extends ServingClientFixture {
  private static final String GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

  @Test
  void aSecretIsWhatTheClientSaysAndNothingPrintsIt() throws Exception {
    try (TestClient client = client(List.of(GET_SECRET))) {
      SecretValue secret = session().secret("token").orElseThrow();

      assertThat(secret.bytes().toStringUtf8()).isEqualTo("hunter2");
      assertThat(secret).hasToString("secret of 7 bytes");
    }
  }

  @Test
  void aSecretThatTheClientDoesNotHaveIsToldFromAFailure() throws Exception {
    try (TestClient client = client(List.of(GET_SECRET))) {
      assertThat(session().secret("other")).isEmpty();
      assertThatThrownBy(() -> session().secret("broken"))
          .isInstanceOfSatisfying(
              SlipwayException.class,
              error -> assertThat(error.kind()).isEqualTo(ErrorKind.INVALID))
          .hasMessage("the store is locked");
    }
  }

  @Test
  void aClientThatServesNoSecretsHasNone() throws Exception {
    try (TestClient client = client(List.of())) {
      assertThat(session().secret("token")).isEmpty();
    }
  }

  @Test
  void aSecretOfMoreThanFiveHundredKibibytesIsRefused() throws Exception {
    try (TestClient client = client(List.of(GET_SECRET))) {
      assertThatThrownBy(() -> session().secret("large"))
          .hasMessage("secret large: invalid secret size 512001");
    }
  }

  private TestClient client(List<String> methods) throws IOException {
    return client(methods, new TestSecrets());
  }

  private static final class TestSecrets extends SecretsGrpc.SecretsImplBase {
    @Override
    public void getSecret(GetSecretRequest request, StreamObserver<GetSecretResponse> answer) {
      switch (request.getID()) {
        case "token" -> tell(answer, ByteString.copyFromUtf8("hunter2"));
        case "large" -> tell(answer, ByteString.copyFrom(new byte[(500 << 10) + 1]));
        case "broken" ->
            answer.onError(
                Status.UNKNOWN.withDescription("the store is locked").asRuntimeException());
        default ->
            answer.onError(Status.NOT_FOUND.withDescription("not found").asRuntimeException());
      }
    }

    private static void tell(StreamObserver<GetSecretResponse> answer, ByteString value) {
      answer.onNext(GetSecretResponse.newBuilder().setData(value).build());
      answer.onCompleted();
    }
  }
}
