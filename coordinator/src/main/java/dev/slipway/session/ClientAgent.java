package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.CheckAgentRequest;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's ssh agent behind a socket of this machine, for a program that runs here on behalf of
 * the client. Each connection is a call to the client; virtual threads move the bytes. Closing ends
 * them all.
 */
public final class ClientAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientAgent.class);
  private static final String METHOD = "/moby.sshforward.v1.SSH/ForwardAgent";
  private static final Metadata.Key<String> ID =
      Metadata.Key.of("buildkit.ssh.id", Metadata.ASCII_STRING_MARSHALLER);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** An agent's messages are 256 KiB at most. */
  private static final int MAXIMUM_MESSAGE = 1 << 20;

  private static final int BUFFER = 32 << 10;

  /** Connections at once; a git command makes one for each ssh that it starts. */
  private static final int MOST_CONNECTIONS = 16;

  private final Session session;
  private final String id;
  private final Path socket;
  private final ServerSocketChannel server;
  private final Semaphore room = new Semaphore(MOST_CONNECTIONS);

  private ClientAgent(Session session, String id, Path socket, ServerSocketChannel server) {
    this.session = session;
    this.id = id;
    this.socket = socket;
    this.server = server;
  }

  /**
   * Listens at the path, in a directory of its own that goes with the socket.
   *
   * @throws SlipwayException INVALID when the client forwards no such agent
   */
  public static ClientAgent listen(Session session, String id, Path socket)
      throws SlipwayException, IOException, InterruptedException {
    check(session, id);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    ClientAgent agent = new ClientAgent(session, id, socket, server);
    Thread.ofVirtual().name("ssh-agent-" + session.id()).start(agent::accept);
    return agent;
  }

  private static void check(Session session, String id)
      throws SlipwayException, InterruptedException {
    SlipwayException none =
        new SlipwayException(
            ErrorKind.INVALID, "no SSH key \"" + id + "\" forwarded from the client");
    if (!session.supports(METHOD)) {
      throw none;
    }
    String what = "asking the client for its ssh agent " + id;
    try {
      SSHGrpc.newBlockingStub(session.channel())
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .checkAgent(CheckAgentRequest.newBuilder().setID(id).build());
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        throw none;
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.INVALID);
    }
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        if (room.tryAcquire()) {
          Thread.ofVirtual().start(() -> serve(connection));
        } else {
          connection.close();
        }
      }
    } catch (IOException e) {
      // Closed: nobody connects any more.
    }
  }

  private void serve(SocketChannel connection) {
    Metadata headers = new Metadata();
    headers.put(ID, id);
    BlockingClientCall<BytesMessage, BytesMessage> call =
        SSHGrpc.newBlockingV2Stub(session.channel())
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .withMaxInboundMessageSize(MAXIMUM_MESSAGE)
            .forwardAgent();
    Thread answers = Thread.ofVirtual().start(() -> answer(call, connection));
    try (connection) {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (connection.read(buffer) >= 0) {
        buffer.flip();
        call.write(BytesMessage.newBuilder().setData(ByteString.copyFrom(buffer)).build());
        buffer.clear();
      }
      call.halfClose();
      answers.join(PATIENCE);
    } catch (IOException | StatusException e) {
      // Either end is gone; the program that connected sees its connection end.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      call.cancel("the connection has ended", null);
      room.release();
    }
  }

  private static void answer(
      BlockingClientCall<BytesMessage, BytesMessage> call, SocketChannel connection) {
    try (connection) {
      for (BytesMessage message = call.read(); message != null; message = call.read()) {
        ByteBuffer data = message.getData().asReadOnlyByteBuffer();
        while (data.hasRemaining()) {
          connection.write(data);
        }
      }
    } catch (IOException | StatusException e) {
      // As above.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(socket);
      Files.deleteIfExists(socket.getParent());
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("socket", socket).setCause(e).log("ssh agent's socket not deleted");
    }
  }
}
