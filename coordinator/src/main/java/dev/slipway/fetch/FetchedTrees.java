package dev.slipway.fetch;

import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.IncomingFile;
import dev.slipway.context.SharedKey;
import dev.slipway.context.Transfer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Puts what was fetched into a store. The last trees of a key stay for the next build that wants
 * the same, as the store remembers them; a build's own until it is forgotten. @ThreadSafe
 */
public final class FetchedTrees {
  /** Bytes of one fetched file or repository; half of what the store may hold. */
  public static final long MAXIMUM_BYTES = 16L << 30;

  private static final int BUFFER = 1 << 16;

  private final ContextStore store;

  public FetchedTrees(ContextStore store) {
    this.store = store;
  }

  /**
   * A file and its tree.
   *
   * @param digest of the bytes
   */
  public record Stored(ContextTree tree, Digest digest) {}

  /**
   * What is fetched, and for whom.
   *
   * @param kind {@code http}, {@code git}
   * @param key names the source with all that changes its result
   */
  public record Slot(String kind, String key, Requester requester) {
    SharedKey shared() {
      return new SharedKey(kind, key, "fetched:" + requester.scope());
    }
  }

  /**
   * Stores the stream as the only file of a tree.
   *
   * @param modified Unix nanoseconds
   * @throws SlipwayException EXHAUSTED when it is too large
   * @throws IOException when the stream fails
   */
  public Stored file(Slot slot, String name, SingleFile file, long modified, InputStream in)
      throws SlipwayException, IOException {
    try (Transfer transfer = store.begin(slot.shared())) {
      IncomingFile incoming = transfer.file();
      Digest digest = copy(in, incoming, MAXIMUM_BYTES);
      Entry entry =
          new Entry(
              name,
              file.permissions(),
              file.uid(),
              file.gid(),
              incoming.length(),
              modified,
              "",
              Optional.of(digest));
      ContextTree tree = transfer.commit(List.of(entry));
      ContextStore.keep(slot.requester().buildId(), tree);
      return new Stored(tree, digest);
    }
  }

  /**
   * Stores the directory as a tree, see {@link DirectoryImport}.
   *
   * @param modified time of everything in it, in Unix nanoseconds; empty = as the files have it
   */
  public ContextTree directory(Slot slot, Path root, OptionalLong modified)
      throws SlipwayException, IOException {
    try (Transfer transfer = store.begin(slot.shared())) {
      ContextTree tree = transfer.commit(new DirectoryImport(root, transfer, modified).entries());
      ContextStore.keep(slot.requester().buildId(), tree);
      return tree;
    }
  }

  /** Keeps an earlier tree for the build. Returns whether its bytes are still there. */
  public static boolean reuse(ContextTree tree, Requester requester) {
    return ContextStore.keepIfHeld(requester.buildId(), tree);
  }

  /** Lets go what was kept for the build. */
  public void forget(String buildId) {
    store.release(buildId);
  }

  static Digest copy(InputStream in, IncomingFile file, long limit)
      throws SlipwayException, IOException {
    byte[] buffer = new byte[BUFFER];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      if (file.length() + count > limit) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED, "a source is larger than " + MAXIMUM_BYTES + " bytes");
      }
      file.write(ByteBuffer.wrap(buffer, 0, count));
    }
    return file.finish();
  }
}
