package dev.slipway.export;

import dev.slipway.context.FileMode;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import dev.slipway.tar.TarHeaders;
import dev.slipway.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The entries of one file system as its tar has them, below the directory that it goes into and
 * with the time that all of it has. Owned by one thread.
 */
final class RootEntries implements AutoCloseable {
  private static final int BUFFER = 64 << 10;
  private static final long SECOND = 1_000_000_000L;

  private final Root root;
  private final TarReader tar;
  private boolean begun;

  /**
   * An entry.
   *
   * @param header as a tar says it
   * @param contentAt position of its content in the root's tar
   */
  record Found(TarHeaders.Entry header, long contentAt) {
    String path() {
      return header.path().endsWith("/")
          ? header.path().substring(0, header.path().length() - 1)
          : header.path();
    }

    boolean isDirectory() {
      return header.type() == '5';
    }

    /** As a client is told of it. */
    ClientTargets.Entry entry() {
      Map<String, byte[]> attributes = new HashMap<>();
      header
          .attributes()
          .forEach((name, value) ->
              attributes.put(name.substring(TarHeaders.ATTRIBUTE.length()), value));
      return new ClientTargets.Entry(
          path(),
          FileMode.of(header.type(), header.mode()),
          (int) header.uid(),
          (int) header.gid(),
          header.size(),
          header.modified(),
          header.linkTarget(),
          header.major(),
          header.minor(),
          attributes);
    }
  }

  RootEntries(Root root) throws IOException {
    this.root = root;
    this.tar = new TarReader(new BufferedInputStream(Files.newInputStream(root.tar()), BUFFER));
  }

  Root root() {
    return root;
  }

  /** The next entry; empty at the end. */
  Optional<Found> next() throws IOException {
    if (!begun) {
      begun = true;
      if (!root.directory().isEmpty()) {
        return Optional.of(
            new Found(
                new TarHeaders.Entry(
                    '5', root.directory() + "/", "", 0755, 0, 0, 0, time(0), 0, 0, Map.of()),
                0));
      }
    }
    Optional<TarReader.Entry> entry = tar.next();
    if (entry.isPresent() && entry.get().header().path().equals("./")) {
      entry = tar.next();
    }
    return entry.map(found -> new Found(placed(found.header()), found.contentAt()));
  }

  /** Reads from the content of the entry that came last; -1 at its end. */
  int read(byte[] buffer, long left) throws IOException {
    return tar.read(buffer, left);
  }

  private TarHeaders.Entry placed(TarHeaders.Entry header) {
    String prefix = root.directory().isEmpty() ? "" : root.directory() + "/";
    return new TarHeaders.Entry(
        header.type(),
        prefix + header.path(),
        header.type() == '1' ? prefix + header.linkTarget() : header.linkTarget(),
        header.mode(),
        header.uid(),
        header.gid(),
        header.size(),
        time(header.modified()),
        header.major(),
        header.minor(),
        header.attributes());
  }

  private long time(long otherwise) {
    return root.time()
        .map(Instant::getEpochSecond)
        .map(seconds -> seconds * SECOND)
        .orElse(otherwise);
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
