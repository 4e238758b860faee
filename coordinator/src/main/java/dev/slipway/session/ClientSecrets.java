package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.secrets.GetSecretRequest;
import dev.slipway.protocol.buildkit.secrets.GetSecretResponse;
import dev.slipway.protocol.buildkit.secrets.SecretsGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks the client for secrets. Stores nothing. @ThreadSafe */
final class ClientSecrets {
  private static final String METHOD = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

  /** A client reads a file or its environment; some ask a password store. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Bytes of one secret, as in BuildKit's clients. */
  private static final int MAXIMUM_SIZE = 500 << 10;

  /** Bytes around the secret in its message. */
  private static final int ENVELOPE = 1 << 10;

  private final TunnelSession session;

  ClientSecrets(TunnelSession session) {
    this.session = session;
  }

  Optional<SecretValue> get(String id) throws SlipwayException, InterruptedException {
    if (!session.supports(METHOD)) {
      return Optional.empty();
    }
    try {
      GetSecretResponse answer =
          SecretsGrpc.newBlockingStub(session.channel())
              .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .withMaxInboundMessageSize(MAXIMUM_SIZE + ENVELOPE)
              .getSecret(GetSecretRequest.newBuilder().setID(id).build());
      int size = answer.getData().size();
      if (size > MAXIMUM_SIZE) {
        throw new SlipwayException(
            ErrorKind.INVALID, "secret " + id + ": invalid secret size " + size);
      }
      return Optional.of(new SecretValue(answer.getData()));
    } catch (StatusRuntimeException e) {
      String what = "asking the client for secret " + id;
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNIMPLEMENTED || code == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.INVALID);
    }
  }
}
