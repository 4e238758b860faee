package dev.slipway.execute;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket on which a process finds its client's ssh agent. Each connection is one of the
 * coordinator's; what cannot be connected is closed at once, as a dead agent would. Closing it ends
 * all connections. @ThreadSafe
 */
final class AgentSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentSocket.class);

  /** Connections at once; more of them wait. Each has two threads and a buffer. */
  private static final int MAX_CONNECTIONS = 64;

  private static final int CHUNK_SIZE = 32 << 10;

  private final ServerSocketChannel listener;
  private final Connector connector;
  private final Semaphore free = new Semaphore(MAX_CONNECTIONS);
  private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();

  /** Makes a connection. */
  interface Connector {
    ByteCall<?, ?> connect() throws SlipwayException, InterruptedException;
  }

  private AgentSocket(ServerSocketChannel listener, Connector connector) {
    this.listener = listener;
    this.connector = connector;
  }

  /** Listens at the path, which is short enough for a socket's address: 107 bytes. */
  static AgentSocket listen(Path path, Connector connector) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      listener.bind(UnixDomainSocketAddress.of(path));
    } catch (IOException | RuntimeException e) {
      listener.close();
      Files.deleteIfExists(path);
      throw e;
    }
    AgentSocket socket = new AgentSocket(listener, connector);
    Thread.ofVirtual().name("agent-socket").start(socket::accept);
    return socket;
  }

  private void accept() {
    try {
      while (true) {
        free.acquire();
        SocketChannel connection = listener.accept();
        open.add(connection);
        Thread.ofVirtual().name("agent-connection").start(() -> serve(connection));
      }
    } catch (ClosedChannelException _) {
      LOG.trace("agent socket closed");
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("an agent's socket takes no more connections");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel connection) {
    try (connection;
        ByteCall<?, ?> agent = connector.connect()) {
      open.add(agent);
      Thread up = Thread.ofVirtual().name("agent-up").start(() -> toAgent(connection, agent));
      try {
        for (Optional<ByteString> bytes = agent.read(); bytes.isPresent(); bytes = agent.read()) {
          ByteBuffer buffer = bytes.get().asReadOnlyByteBuffer();
          while (buffer.hasRemaining()) {
            var _ = connection.write(buffer);
          }
        }
        connection.shutdownOutput();
        up.join();
      } finally {
        open.remove(agent);
      }
    } catch (SlipwayException | IOException e) {
      LOG.atDebug().setCause(e).log("connection to a client's agent ended");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(connection);
      free.release();
    }
  }

  private static void toAgent(SocketChannel connection, ByteCall<?, ?> agent) {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK_SIZE);
    try {
      while (connection.read(buffer) >= 0) {
        agent.write(ByteString.copyFrom(buffer.flip()));
        buffer.clear();
      }
      agent.endWriting();
    } catch (IOException | SlipwayException e) {
      LOG.atDebug().setCause(e).log("connection to a client's agent broke");
      agent.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        LOG.atDebug().setCause(e).log("connection to a client's agent did not close");
      }
    }
  }
}
