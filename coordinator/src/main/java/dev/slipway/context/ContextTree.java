package dev.slipway.context;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** An immutable directory tree whose files are in the coordinator's content store. @ThreadSafe */
public interface ContextTree {
  /**
   * Digest over paths, modes, owners, link targets and contents; modification times do not count.
   */
  Digest contentDigest();

  /** Digest over everything, modification times included: equal means the same tar. */
  Digest layerDigest();

  /** Bytes of all regular files. */
  long size();

  /**
   * The part of the tree that a copy reads, parents included. Wildcards and symbolic links are
   * resolved inside the tree. A path that does not exist selects nothing: the copy itself reports
   * it.
   */
  ContextTree select(List<PathSelector> selectors);

  /** The entry at a path, symbolic links followed inside the tree; empty when there is none. */
  Optional<Entry> stat(String path);

  /**
   * The content of a regular file, symbolic links followed inside the tree.
   *
   * @throws SlipwayException NOT_FOUND {@code open <path>: no such file or directory}, INVALID when
   *     it is not a regular file
   */
  byte[] readFile(String path) throws SlipwayException, IOException;

  /**
   * Writes the content of a regular file to the stream, symbolic links followed inside the tree.
   *
   * @throws SlipwayException as {@link #readFile}
   */
  void copyFile(String path, OutputStream out) throws SlipwayException, IOException;

  /** All entries, parents before what is in them. */
  List<Entry> entries();

  /** Entries directly inside a directory, by name. */
  List<Entry> list(String path) throws SlipwayException;

  /** Writes the tree as an uncompressed layer tar, parents first; same tree, same bytes. */
  void writeTar(OutputStream out) throws IOException;

  /**
   * What a copy reads.
   *
   * @param path slash separated, relative to the root of the tree
   */
  record PathSelector(
      String path,
      boolean wildcard,
      boolean followSymlink,
      List<String> includePatterns,
      List<String> excludePatterns) {
    public PathSelector {
      includePatterns = List.copyOf(includePatterns);
      excludePatterns = List.copyOf(excludePatterns);
    }
  }

  /**
   * One file, directory or link.
   *
   * @param path slash separated, without leading slash
   * @param mode Go's os.FileMode bits, as on the wire
   * @param modificationTime Unix nanoseconds
   * @param linkName target of a symbolic link, or the earlier path that this one is a hard link to;
   *     empty otherwise
   * @param content digest of a regular file's bytes
   */
  record Entry(
      String path,
      int mode,
      int uid,
      int gid,
      long size,
      long modificationTime,
      String linkName,
      Optional<Digest> content) {}
}
