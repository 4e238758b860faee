package dev.slipway.layers;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Compresses what is written, block by block on several threads, and passes it on in order. The
 * bytes do not depend on the threads.
 */
final class ParallelGzip extends BlobOutput {
  /** Large enough that the loss of compression at the borders is below a hundredth. */
  static final int BLOCK = 1 << 20;

  private final ExecutorService threads;
  private final int atOnce;
  private final GzipMember members;
  private final ArrayDeque<Future<byte[]>> running = new ArrayDeque<>();
  private byte[] block = new byte[BLOCK];
  private int filled;
  private boolean empty = true;

  /**
   * @param atOnce blocks in memory at the same time
   */
  ParallelGzip(OutputStream out, ExecutorService threads, int atOnce, GzipMember members) {
    super(out);
    this.threads = threads;
    this.atOnce = atOnce;
    this.members = members;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, BLOCK - filled);
      System.arraycopy(bytes, offset + done, block, filled, part);
      filled += part;
      done += part;
      if (filled == BLOCK) {
        submit();
      }
    }
  }

  /** Compresses and passes on the rest. */
  @Override
  void finish() throws IOException {
    if (filled > 0 || empty) {
      submit();
    }
    while (!running.isEmpty()) {
      passOn();
    }
    flushTarget();
  }

  @Override
  public void close() {
    running.forEach(block -> block.cancel(true));
    running.clear();
  }

  private void submit() throws IOException {
    byte[] full = filled == BLOCK ? block : Arrays.copyOf(block, filled);
    int length = filled;
    running.add(threads.submit(() -> members.of(full, length)));
    block = new byte[BLOCK];
    filled = 0;
    empty = false;
    while (running.size() >= atOnce) {
      passOn();
    }
  }

  private void passOn() throws IOException {
    try {
      byte[] compressed = running.remove().get();
      pass(compressed, 0, compressed.length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("compression was interrupted");
    } catch (ExecutionException e) {
      throw new IOException("compression failed: " + e.getCause().getMessage(), e.getCause());
    }
  }
}
