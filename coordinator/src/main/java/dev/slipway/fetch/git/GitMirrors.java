package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bare repositories below one folder, one for each remote and scope, used by one thread at a time.
 * The least recently used go when there are too many or they are too large. A restart starts with
 * none. @ThreadSafe
 */
final class GitMirrors {
  private static final Logger LOG = LoggerFactory.getLogger(GitMirrors.class);

  /** A farm builds of some dozens of repositories. */
  private static final int MOST_MIRRORS = 200;

  /** On disk together; besides them, those in use. */
  private static final long MOST_BYTES = 20L << 30;

  private final Path root;

  /** In order of last use. Guarded by this. */
  private final LinkedHashMap<String, Mirror> mirrors = new LinkedHashMap<>(16, 0.75f, true);

  private static final class Mirror {
    final ReentrantLock use = new ReentrantLock();

    /** Threads that use it or wait for it. Guarded by the mirrors. */
    int users;

    /** As of the end of the last use. Guarded by the mirrors. */
    long bytes;
  }

  /** What is done in a mirror. */
  interface Work<T> {
    T in(Path directory) throws SlipwayException, InterruptedException;
  }

  /** Deletes what an earlier process left. @param root a directory of its own */
  GitMirrors(Path root) throws IOException {
    this.root = root;
    Directories.delete(root);
    Files.createDirectories(root);
  }

  /**
   * Does the work in the mirror's directory, which is empty the first time; nobody else is in it
   * meanwhile.
   *
   * @param scope who shares it
   */
  <T> T use(String scope, String remote, Work<T> work)
      throws SlipwayException, InterruptedException {
    String name = Digest.ofText(scope + "\0" + remote).hex();
    Mirror mirror;
    synchronized (this) {
      mirror = mirrors.computeIfAbsent(name, _ -> new Mirror());
      mirror.users++;
    }
    try {
      mirror.use.lockInterruptibly();
      try {
        Path directory = root.resolve(name);
        Files.createDirectories(directory);
        T result = work.in(directory);
        long bytes = Directories.size(directory);
        synchronized (this) {
          mirror.bytes = bytes;
        }
        return result;
      } finally {
        mirror.use.unlock();
      }
    } catch (IOException e) {
      throw failed(e);
    } finally {
      leave(mirror);
    }
  }

  /** A directory that is deleted when the work is done. */
  <T> T scratch(Work<T> work) throws SlipwayException, InterruptedException {
    Path directory = root.resolve("work-" + UUID.randomUUID());
    try {
      Files.createDirectories(directory);
      try {
        return work.in(directory);
      } finally {
        Directories.delete(directory);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void leave(Mirror left) {
    List<String> dead = new ArrayList<>();
    synchronized (this) {
      left.users--;
      long bytes = mirrors.values().stream().mapToLong(mirror -> mirror.bytes).sum();
      int count = mirrors.size();
      for (Map.Entry<String, Mirror> entry : List.copyOf(mirrors.entrySet())) {
        if (count <= MOST_MIRRORS && bytes <= MOST_BYTES) {
          break;
        }
        if (entry.getValue().users == 0) {
          mirrors.remove(entry.getKey());
          bytes -= entry.getValue().bytes;
          count--;
          dead.add(entry.getKey());
          // Under the lock: whoever wants it again must find it gone or whole.
          move(entry.getKey());
        }
      }
    }
    dead.forEach(this::delete);
  }

  private void move(String name) {
    try {
      Files.move(root.resolve(name), root.resolve("dead-" + name));
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("mirror", name).setCause(e).log("git mirror not put away");
    }
  }

  private void delete(String name) {
    try {
      Directories.delete(root.resolve("dead-" + name));
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("mirror", name).setCause(e).log("git mirror not deleted");
    }
  }

  static SlipwayException failed(IOException e) {
    return new SlipwayException(
        ErrorKind.UNAVAILABLE, "the coordinator's git directory failed: " + e, e);
  }
}
