package dev.slipway.export;

import dev.slipway.context.TreeOrder;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.RootEntries.Found;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * File systems as one tree for a client. In memory is where the content of each entry begins, no
 * more: 24 bytes an entry. One thread walks, another opens. @ThreadSafe
 */
final class RootTree implements ClientTargets.Tree {
  /** Of all trees: with what is kept of each, a few hundred megabytes. */
  private static final int MOST_ENTRIES = 10_000_000;

  private final List<Root> roots;

  // Guarded by this.
  private long[] positions = new long[1024];
  private long[] sizes = new long[1024];
  private int[] owners = new int[1024];
  private int count;

  RootTree(List<Root> roots) {
    this.roots = List.copyOf(roots);
  }

  /** Fails when two file systems have the same path and one would hide the other's. */
  static void checkDisjoint(List<Root> roots) throws SlipwayException, InterruptedException {
    try {
      new RootTree(roots).walk(_ -> {});
    } catch (IOException e) {
      throw Scratch.failed(e);
    }
  }

  /** A file system's next entry. */
  private record Head(int root, RootEntries entries, Found found) {}

  @Override
  public void walk(ClientTargets.Visitor visitor)
      throws IOException, SlipwayException, InterruptedException {
    List<RootEntries> open = new ArrayList<>();
    try {
      List<Head> heads = new ArrayList<>();
      for (int i = 0; i < roots.size(); i++) {
        RootEntries entries = new RootEntries(roots.get(i));
        open.add(entries);
        advance(i, entries).ifPresent(heads::add);
      }
      while (!heads.isEmpty()) {
        Head first = first(heads);
        note(first);
        visitor.visit(first.found().entry());
        for (Head head : List.copyOf(heads)) {
          if (head.found().path().equals(first.found().path())) {
            requireDirectories(first, head);
            heads.remove(head);
            advance(head.root(), head.entries()).ifPresent(heads::add);
          }
        }
      }
    } finally {
      for (RootEntries entries : open) {
        entries.close();
      }
    }
  }

  private static Optional<Head> advance(int root, RootEntries entries) throws IOException {
    return entries.next().map(found -> new Head(root, entries, found));
  }

  /** The lowest path; of equal ones the first file system's. */
  private static Head first(List<Head> heads) {
    Head first = heads.getFirst();
    for (Head head : heads) {
      int order = TreeOrder.INSTANCE.compare(head.found().path(), first.found().path());
      if (order < 0 || (order == 0 && head.root() < first.root())) {
        first = head;
      }
    }
    return first;
  }

  private void requireDirectories(Head first, Head other) throws SlipwayException {
    if (first != other && !(first.found().isDirectory() && other.found().isDirectory())) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "cannot overwrite "
              + first.found().path()
              + " from "
              + roots.get(first.root()).platformId()
              + " with "
              + roots.get(other.root()).platformId()
              + " when split option is disabled");
    }
  }

  private synchronized void note(Head head) throws SlipwayException {
    if (count == MOST_ENTRIES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "the result has more than " + MOST_ENTRIES + " files");
    }
    if (count == positions.length) {
      positions = Arrays.copyOf(positions, 2 * count);
      sizes = Arrays.copyOf(sizes, 2 * count);
      owners = Arrays.copyOf(owners, 2 * count);
    }
    positions[count] = head.found().contentAt();
    sizes[count] = head.found().header().size();
    owners[count++] = head.root();
  }

  @Override
  public synchronized InputStream open(int entry) throws IOException {
    FileChannel tar = FileChannel.open(roots.get(owners[entry]).tar(), StandardOpenOption.READ);
    tar.position(positions[entry]);
    return new Section(Channels.newInputStream(tar), sizes[entry]);
  }

  /** So many bytes of a stream. */
  private static final class Section extends InputStream {
    private final InputStream in;
    private long left;

    Section(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        return -1;
      }
      int got = in.read(bytes, offset, (int) Math.min(length, left));
      if (got < 0) {
        throw new IOException("the tar ends within a file");
      }
      left -= got;
      return got;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
