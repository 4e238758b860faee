package dev.slipway.graph;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One step of a file op. Index space of {@code input} and {@code secondaryInput}: -1 scratch, below
 * the number of the vertex's inputs an input, from there on the result of an earlier action.
 *
 * @param input what is changed
 * @param secondaryInput what is copied from, -1 when the action needs none
 * @param output index of the vertex's output, -1 = intermediate
 */
public record FileAction(int input, int secondaryInput, int output, Change change) {
  /** Timestamp value that leaves times as they come. */
  public static final long NO_TIMESTAMP = -1;

  /**
   * What happens. Timestamps are Unix nanoseconds, {@link #NO_TIMESTAMP} = none; modes are
   * permission bits.
   */
  public sealed interface Change {
    /** Copies files; LLB semantics of docs/llb.md#copy. Mode empty = keep the source's. */
    record Copy(
        String source,
        String destination,
        Optional<Owner> owner,
        OptionalInt mode,
        String symbolicMode,
        CopyOptions options,
        long timestamp)
        implements Change {}

    /** Writes a file. */
    record MakeFile(String path, int mode, byte[] data, Optional<Owner> owner, long timestamp)
        implements Change {}

    /** Makes a directory. */
    record MakeDirectory(
        String path, int mode, boolean makeParents, Optional<Owner> owner, long timestamp)
        implements Change {}

    /** Makes a symbolic link {@code path} that says {@code target}. */
    record MakeSymlink(String target, String path, Optional<Owner> owner, long timestamp)
        implements Change {}

    /** Removes a path and what is below it. */
    record Remove(String path, boolean allowNotFound, boolean allowWildcard) implements Change {}
  }

  /** Switches of a copy, named as in LLB. */
  public record CopyOptions(
      boolean followSymlink,
      boolean directoryContents,
      boolean unpackArchives,
      boolean createDestinationPath,
      boolean allowWildcard,
      boolean allowEmptyWildcard,
      boolean alwaysReplaceExisting,
      List<String> includePatterns,
      List<String> excludePatterns,
      List<String> requiredPaths) {
    public CopyOptions {
      includePatterns = List.copyOf(includePatterns);
      excludePatterns = List.copyOf(excludePatterns);
      requiredPaths = List.copyOf(requiredPaths);
    }
  }

  /** Who owns the result; an absent part keeps its default. */
  public record Owner(Optional<Identity> user, Optional<Identity> group) {}

  /** A user or a group. */
  public sealed interface Identity {
    record ById(int id) implements Identity {}

    /** Looked up in /etc/passwd or /etc/group of the vertex's input with this index. */
    record ByName(String name, int input) implements Identity {}
  }
}
