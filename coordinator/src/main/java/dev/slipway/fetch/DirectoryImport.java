package dev.slipway.fetch;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import dev.slipway.context.Transfer;
import dev.slipway.context.TreeOrder;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Reads a directory that a program of the coordinator has made into a transfer: files, directories
 * and symbolic links, which are not followed; all belong to root. Not thread-safe.
 */
final class DirectoryImport {
  /** As many as a client's directory may have. */
  private static final int MAXIMUM_ENTRIES = 2_000_000;

  private final Path root;
  private final Transfer transfer;
  private final OptionalLong modified;
  private final List<Entry> entries = new ArrayList<>();
  private long left = FetchedTrees.MAXIMUM_BYTES;

  DirectoryImport(Path root, Transfer transfer, OptionalLong modified) {
    this.root = root;
    this.transfer = transfer;
    this.modified = modified;
  }

  /** All that is below the root, in the order of trees. */
  List<Entry> entries() throws SlipwayException, IOException {
    try {
      Files.walkFileTree(root, new Visitor());
    } catch (Refused e) {
      throw e.reason;
    }
    entries.sort(Comparator.comparing(Entry::path, TreeOrder.INSTANCE));
    return List.copyOf(entries);
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      if (!directory.equals(root)) {
        add(directory, FileMode.DIRECTORY | permissions(directory), 0, attributes, "", null);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isSymbolicLink()) {
        String target = Files.readSymbolicLink(file).toString();
        add(file, FileMode.SYMLINK | 0777, 0, attributes, target, null);
      } else if (attributes.isRegularFile()) {
        var incoming = transfer.file();
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
          Digest content = FetchedTrees.copy(in, incoming, left);
          left -= incoming.length();
          add(file, permissions(file), incoming.length(), attributes, "", content);
        } catch (SlipwayException e) {
          throw new Refused(e);
        }
      }
      return FileVisitResult.CONTINUE;
    }
  }

  private void add(
      Path path,
      int mode,
      long size,
      BasicFileAttributes attributes,
      String link,
      @org.jspecify.annotations.Nullable Digest content)
      throws IOException {
    if (entries.size() == MAXIMUM_ENTRIES) {
      throw new Refused(
          new SlipwayException(
              ErrorKind.EXHAUSTED, "a source has more than " + MAXIMUM_ENTRIES + " entries"));
    }
    entries.add(
        new Entry(
            root.relativize(path).toString(),
            mode,
            0,
            0,
            size,
            modified.orElseGet(() -> attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS)),
            link,
            Optional.ofNullable(content)));
  }

  private static int permissions(Path path) throws IOException {
    Set<PosixFilePermission> set =
        Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
            .permissions();
    int bits = 0;
    for (PosixFilePermission permission : set) {
      bits |= 0400 >> permission.ordinal();
    }
    return bits;
  }

  /** Takes a reason through a walk that knows I/O errors only. */
  private static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient SlipwayException reason;

    Refused(SlipwayException reason) {
      super(reason);
      this.reason = reason;
    }
  }
}
