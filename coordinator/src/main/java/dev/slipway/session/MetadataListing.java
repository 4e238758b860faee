package dev.slipway.session;

import dev.slipway.context.FileMode;
import dev.slipway.context.IncomingFile;
import dev.slipway.context.TreeOrder;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.pattern.PatternMatcher;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A client's listing of which only some entries are taken, with the directories that they are in;
 * all of them are written down in one file at the root: each as its length (four bytes, little
 * endian) and its stat message. Not thread-safe. Spec: fsutil's metadata-only transfer.
 */
final class MetadataListing {
  /** The file with the whole listing. */
  static final String FILE = ".fsutil-metadata";

  /** Longest listing, in bytes; a million files have about half of it. */
  private static final long MAXIMUM_BYTES = 256L << 20;

  private static final int FILE_MODE = 0644;

  private final PatternMatcher wanted;
  private final IncomingFile frames;

  /** Checks what is not taken as well. */
  private final Listing everything = new Listing();

  /** Directories that the last entry is in, or is, and that are not taken yet. */
  private final Deque<Stat> pending = new ArrayDeque<>();

  private boolean fileTaken;

  /**
   * @param frames becomes the file
   */
  MetadataListing(List<String> wanted, IncomingFile frames) throws SlipwayException {
    try {
      this.wanted = PatternMatcher.of(wanted);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "local.metadatatransferexclude: " + e.getMessage(), e);
    }
    this.frames = frames;
  }

  /** Takes note of the entry; returns what is to be taken now, in order. */
  List<Stat> add(Stat stat) throws SlipwayException, IOException {
    String path = stat.getPath();
    if (path.equals(FILE)) {
      return List.of();
    }
    everything.add(stat);
    write(stat);
    while (!pending.isEmpty() && !path.startsWith(pending.getLast().getPath() + "/")) {
      pending.removeLast();
    }
    boolean taken = !wanted.isEmpty() && wanted.matches(path);
    if (FileMode.isDirectory(stat.getMode())) {
      pending.addLast(stat);
      if (!taken) {
        return List.of();
      }
    }
    if (!taken) {
      return List.of();
    }
    List<Stat> now = new ArrayList<>(pending);
    pending.clear();
    if (!FileMode.isDirectory(stat.getMode())) {
      now.add(stat);
    }
    if (!fileTaken && TreeOrder.INSTANCE.compare(FILE, now.getFirst().getPath()) < 0) {
      now.addFirst(file());
    }
    return now;
  }

  /** The file, unless it was taken; nothing more is listed. */
  List<Stat> end() {
    return fileTaken ? List.of() : List.of(file());
  }

  /** Gives the file its content in the listing of what was taken. */
  void finish(Listing taken) throws IOException {
    long length = frames.length();
    taken.content(taken.indexOf(FILE), frames.finish(), length);
  }

  private Stat file() {
    fileTaken = true;
    return Stat.newBuilder().setPath(FILE).setMode(FILE_MODE).build();
  }

  private void write(Stat stat) throws SlipwayException, IOException {
    byte[] message = stat.toByteArray();
    if (frames.length() + Integer.BYTES + message.length > MAXIMUM_BYTES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "listing of a directory is longer than " + MAXIMUM_BYTES + " bytes");
    }
    frames.write(
        ByteBuffer.allocate(Integer.BYTES + message.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(message.length)
            .put(message)
            .flip());
  }
}
