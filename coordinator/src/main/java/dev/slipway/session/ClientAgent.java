package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's ssh agent behind a socket of this machine, for a program that runs here on behalf of
 * the client. Each connection is a call to the client; virtual threads move the bytes. Closing ends
 * them all.
 */
public final class ClientAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientAgent.class);
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
   * @throws SlipwayException as {@link Session#checkAgent}
   */
  public static ClientAgent listen(Session session, String id, Path socket)
      throws SlipwayException, IOException, InterruptedException {
    session.checkAgent(id);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    ClientAgent agent = new ClientAgent(session, id, socket, server);
    Thread.ofVirtual().name("ssh-agent-" + session.id()).start(agent::accept);
    return agent;
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
    try (connection;
        ByteCall<?, ?> call = session.connectAgent(id)) {
      Thread questions = Thread.ofVirtual().start(() -> ask(connection, call));
      for (Optional<ByteString> answer = call.read(); answer.isPresent(); answer = call.read()) {
        ByteBuffer data = answer.get().asReadOnlyByteBuffer();
        while (data.hasRemaining()) {
          connection.write(data);
        }
      }
      questions.interrupt();
    } catch (IOException | SlipwayException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("connection to an ssh agent ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      room.release();
    }
  }

  private static void ask(SocketChannel connection, ByteCall<?, ?> call) {
    try {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (connection.read(buffer) >= 0) {
        buffer.flip();
        call.write(ByteString.copyFrom(buffer));
        buffer.clear();
      }
      call.endWriting();
    } catch (IOException | SlipwayException e) {
      call.close(); // either end is gone; the other hears it
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
