package dev.slipway.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A TCP link to a local port that misbehaves on demand and counts what comes back over it. */
final class FaultyLink implements AutoCloseable {
  private static final int BUFFER = 8 << 10;

  private final ServerSocket server;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger cutsLeft = new AtomicInteger();
  private volatile long cutAfter = Long.MAX_VALUE;
  private volatile long flipAt = -1;
  private volatile long bytesPerSecond = Long.MAX_VALUE;
  private volatile boolean silent;

  FaultyLink(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /** Bytes of answers that came over it. */
  long bytes() {
    return bytes.get();
  }

  int connections() {
    return connections.get();
  }

  /** The next connections end after so many bytes of answers. */
  void cut(long after, int times) {
    cutAfter = after;
    cutsLeft.set(times);
  }

  /** One bit of the answers is another one from now on. */
  void flip(long at) {
    flipAt = at;
  }

  void throttle(long perSecond) {
    bytesPerSecond = perSecond;
  }

  /** Nothing is passed on from now on. */
  void hang() {
    silent = true;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        connections.incrementAndGet();
        open.add(client);
        if (silent) {
          continue;
        }
        Socket peer = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(peer);
        Thread.ofVirtual().start(() -> pass(client, peer, false));
        Thread.ofVirtual().start(() -> pass(peer, client, true));
      }
    } catch (IOException _) {
      close();
    }
  }

  private void pass(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[BUFFER];
    long passed = 0;
    boolean cut = answers && cutAfter < Long.MAX_VALUE && cutsLeft.getAndDecrement() > 0;
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (silent) {
          Thread.sleep(Long.MAX_VALUE);
        }
        if (answers) {
          if (cut && passed + count > cutAfter) {
            return;
          }
          if (flipAt >= passed && flipAt < passed + count) {
            buffer[(int) (flipAt - passed)] ^= 1;
          }
          passed += count;
          bytes.addAndGet(count);
          if (bytesPerSecond < Long.MAX_VALUE) {
            Thread.sleep(1000L * count / bytesPerSecond);
          }
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException _) {
      // Either side has gone: the other one is closed with it.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
