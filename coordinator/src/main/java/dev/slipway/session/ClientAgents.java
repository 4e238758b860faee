package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.CheckAgentRequest;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The ssh agents, and the sockets served as such, that the client shares. @ThreadSafe */
final class ClientAgents {
  private static final String CHECK = "/moby.sshforward.v1.SSH/CheckAgent";
  private static final String DEFAULT_ID = "default";
  private static final Metadata.Key<String> ID =
      Metadata.Key.of("buildkit.ssh.id", Metadata.ASCII_STRING_MARSHALLER);

  /** A client looks at its own table. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TunnelSession session;

  ClientAgents(TunnelSession session) {
    this.session = session;
  }

  void check(String id) throws SlipwayException, InterruptedException {
    if (!session.supports(CHECK)) {
      throw notForwarded(id);
    }
    try {
      var ignored =
          SSHGrpc.newBlockingStub(session.channel())
              .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .checkAgent(CheckAgentRequest.newBuilder().setID(id).build());
    } catch (StatusRuntimeException e) {
      String what = "asking the client for ssh agent " + id;
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        throw notForwarded(id);
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.INVALID);
    }
  }

  ByteCall<?, ?> connect(String id) {
    Metadata headers = new Metadata();
    headers.put(ID, id.isEmpty() ? DEFAULT_ID : id);
    SSHGrpc.SSHStub stub =
        SSHGrpc.newStub(session.channel())
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    return ByteCall.call(BytesMessage::getData, ClientAgents::message, stub::forwardAgent);
  }

  private static BytesMessage message(ByteString bytes) {
    return BytesMessage.newBuilder().setData(bytes).build();
  }

  private static SlipwayException notForwarded(String id) {
    return new SlipwayException(
        ErrorKind.NOT_FOUND, "no SSH key \"" + id + "\" forwarded from the client");
  }
}
