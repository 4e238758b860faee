package dev.slipway.snapshot;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was taken out of the store by a rename and is removed by a thread of its own, resting as
 * long as it works so that builds keep most of the disk; at full speed when somebody waits for the
 * room. {@code this} guards the queue. @ThreadSafe
 */
public final class Trash implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Trash.class);

  /** A rest is never longer, however large the last thing was. */
  private static final long LONGEST_REST_MILLIS = 1000;

  /** The end of a removal under way; what is left is removed after the next start. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(3);

  private final Path directory;
  private final AtomicLong next = new AtomicLong();
  private final Deque<Item> queue = new ArrayDeque<>();
  private long pendingBytes;
  private final Thread remover;
  private boolean removing;
  private int waiters;
  private boolean closed;

  private record Item(Path path, long bytes) {}

  private Trash(Path directory) {
    this.directory = directory;
    this.remover = Thread.ofPlatform().daemon().name("snapshot-trash").unstarted(this::removeAll);
  }

  /** Opens it; what an earlier run left is removed. */
  public static Trash open(Path directory) throws IOException {
    Files.createDirectories(directory);
    Trash trash = new Trash(directory);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path path : left) {
        trash.next.accumulateAndGet(LayerDirectories.number(path), Math::max);
        trash.queue.add(new Item(path, 0));
      }
    }
    trash.remover.start();
    return trash;
  }

  /**
   * Takes the file or directory, which is on the same file system, away at once.
   *
   * @param bytes that its removal will free, as far as known
   */
  public void put(Path path, long bytes) throws IOException {
    Path away = directory.resolve(Long.toString(next.incrementAndGet()));
    Files.move(path, away, StandardCopyOption.ATOMIC_MOVE);
    synchronized (this) {
      queue.add(new Item(away, bytes));
      pendingBytes += bytes;
      notifyAll();
    }
  }

  /** Bytes that are still on the disk and will not be for long. */
  public synchronized long pendingBytes() {
    return pendingBytes;
  }

  /** Waits until nothing is left; returns false when it took longer. */
  public synchronized boolean await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    waiters++;
    notifyAll();
    try {
      while (removing || !queue.isEmpty()) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0 || closed) {
          return false;
        }
        wait(left);
      }
      return true;
    } finally {
      waiters--;
    }
  }

  private void removeAll() {
    try {
      for (Item item = take(); item != null; item = take()) {
        long start = System.nanoTime();
        try {
          LayerDirectories.remove(item.path());
        } catch (IOException e) {
          log.atWarn()
              .addKeyValue("path", item.path())
              .setCause(e)
              .log("deleted files not removed from disk, will be at the next start");
        }
        rest(item.bytes(), (System.nanoTime() - start) / 1_000_000);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Null at the end. */
  private synchronized @Nullable Item take() throws InterruptedException {
    removing = false;
    notifyAll();
    while (queue.isEmpty() && !closed) {
      wait();
    }
    removing = !closed;
    return closed ? null : queue.remove();
  }

  private synchronized void rest(long freed, long millis) throws InterruptedException {
    long end = System.nanoTime() + Math.min(millis, LONGEST_REST_MILLIS) * 1_000_000;
    removing = false;
    pendingBytes -= freed;
    notifyAll();
    for (long left = end - System.nanoTime();
        left > 1_000_000 && waiters == 0 && !closed;
        left = end - System.nanoTime()) {
      wait(left / 1_000_000);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      remover.join(END_PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
