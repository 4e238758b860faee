package dev.slipway.fetch.http;

import dev.slipway.context.ContextTree;
import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Files that servers have given lately, with the words by which a server can say that they still
 * are what it has. Their bytes may be gone. @ThreadSafe
 */
final class SeenFiles {
  /** Sources; a record takes some hundred bytes. */
  private static final int MOST_SOURCES = 1000;

  /** Of one source: as many as the store remembers trees of one key. */
  private static final int MOST_PER_SOURCE = 4;

  /**
   * A file.
   *
   * @param etag without the mark of weakness; empty = the server gave none
   */
  record Seen(
      ContextTree tree,
      Digest digest,
      String filename,
      Optional<Instant> lastModified,
      String etag) {
    Seen named(String other) {
      return new Seen(tree, digest, other, lastModified, etag);
    }
  }

  // Guarded by this.
  private final Map<String, Deque<Seen>> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Seen>> eldest) {
          return size() > MOST_SOURCES;
        }
      };

  /** All of the source, newest first. */
  synchronized List<Seen> of(String key) {
    return new ArrayList<>(sources.getOrDefault(key, new ArrayDeque<>()));
  }

  synchronized void add(String key, Seen file) {
    Deque<Seen> files = sources.computeIfAbsent(key, _ -> new ArrayDeque<>());
    files.removeIf(old -> old.digest().equals(file.digest()) && old.etag().equals(file.etag()));
    files.addFirst(file);
    if (files.size() > MOST_PER_SOURCE) {
      files.removeLast();
    }
  }
}
