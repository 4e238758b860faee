package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One directory on its way into the store. Small files share one segment, since a file system takes
 * longer to make ten thousand files than to write their bytes. Ends with {@link #commit} or {@link
 * #close}, which throws away what was not committed. Not thread-safe.
 */
public final class Transfer implements AutoCloseable {
  /** A small file is written in one piece together with others. */
  static final int SMALL = 64 << 10;

  private static final int PACK_BUFFER = 1 << 19;

  private final ContextStore store;
  private final SharedKey key;
  private final List<StoredTree> previous;
  private final Map<Digest, Blob> fresh = new HashMap<>();
  private final Set<Segment> written = new HashSet<>();
  private final Set<Digest> acquired = new HashSet<>();
  private final Set<IncomingFile> incoming = new HashSet<>();
  private final ByteBuffer packBuffer = ByteBuffer.allocate(PACK_BUFFER);
  private @Nullable Segment pack;
  private @Nullable FileChannel packChannel;
  private boolean committed;
  private boolean closed;

  Transfer(ContextStore store, SharedKey key, List<StoredTree> previous) {
    this.store = store;
    this.key = key;
    this.previous = previous;
  }

  SharedKey key() {
    return key;
  }

  List<StoredTree> previous() {
    return previous;
  }

  /** Entries with this path in the trees that earlier transfers left, newest first. */
  public List<Entry> previous(String path) {
    return previous.stream().map(tree -> tree.entry(path)).flatMap(Optional::stream).toList();
  }

  /** Starts a file. */
  public IncomingFile file() {
    IncomingFile file = new IncomingFile(this);
    incoming.add(file);
    return file;
  }

  /**
   * Ends the transfer.
   *
   * @param entries sorted, every content from {@link IncomingFile#finish} or {@link #previous}
   */
  public ContextTree commit(List<Entry> entries) throws IOException {
    if (packChannel != null) {
      flushPack();
      packChannel.close();
    }
    committed = true;
    return store.commit(this, entries, fresh, written, acquired);
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      for (IncomingFile file : incoming) {
        file.abort();
      }
      if (packChannel != null) {
        packChannel.close();
      }
    } finally {
      if (!committed) {
        store.abandon(acquired);
        ContextStore.delete(written);
      }
      store.unkeep(previous);
    }
  }

  Segment newSegment() {
    Segment segment = store.newSegment();
    written.add(segment);
    return segment;
  }

  /**
   * Whether the content is known, in the store or in this transfer; if so it stays until the end.
   */
  boolean known(Digest digest) {
    return fresh.containsKey(digest)
        || acquired.contains(digest)
        || (store.acquire(digest) && acquired.add(digest));
  }

  /** Notes a large file, complete on disk. */
  void large(IncomingFile file, Digest digest, Segment segment) {
    incoming.remove(file);
    if (known(digest)) {
      written.remove(segment);
      ContextStore.delete(List.of(segment));
    } else {
      fresh.put(digest, new Blob(segment, 0, segment.size));
    }
  }

  /** Writes a small file. */
  void small(IncomingFile file, Digest digest, byte[] bytes, int length) throws IOException {
    incoming.remove(file);
    if (known(digest)) {
      return;
    }
    if (pack == null) {
      pack = newSegment();
      packChannel =
          FileChannel.open(pack.path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
    if (packBuffer.remaining() < length) {
      flushPack();
    }
    packBuffer.put(bytes, 0, length);
    fresh.put(digest, new Blob(pack, pack.size, length));
    pack.size += length;
  }

  private void flushPack() throws IOException {
    packBuffer.flip();
    while (packBuffer.hasRemaining()) {
      packChannel.write(packBuffer);
    }
    packBuffer.clear();
  }
}
