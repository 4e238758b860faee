package dev.slipway.graph;

/**
 * A mount of an exec op.
 *
 * @param input index of the vertex's input, -1 = scratch
 * @param selector path inside the input that is mounted, empty = its root
 * @param destination absolute path in the container
 * @param output index of the vertex's output that this mount's changes become, -1 = thrown away
 * @param readOnly whether writes are refused
 * @param kind what is mounted
 * @param contentKey whether the input counts by its contents in the cache
 */
public record Mount(
    int input,
    String selector,
    String destination,
    int output,
    boolean readOnly,
    Kind kind,
    ContentKey contentKey) {
  /** The input counts as its op says. */
  public Mount(
      int input, String selector, String destination, int output, boolean readOnly, Kind kind) {
    this(input, selector, destination, output, readOnly, kind, ContentKey.DEFAULT);
  }

  /** The same, counted otherwise. */
  public Mount with(ContentKey other) {
    return new Mount(input, selector, destination, output, readOnly, kind, other);
  }

  /** When a step is the same because what it reads is, though it comes from elsewhere. */
  public enum ContentKey {
    /** Where it is safe, except for the root filesystem, which is large. */
    DEFAULT,
    /** Also for the root filesystem. */
    ALWAYS,
    NEVER
  }

  /** What is mounted. */
  public sealed interface Kind {
    /** The input's files, or an empty directory. */
    record Bind() implements Kind {}

    /** A persistent directory shared between builds. */
    record Cache(String id, Sharing sharing) implements Kind {}

    /** Memory; size in bytes, 0 = the default. */
    record Tmpfs(long size) implements Kind {}

    /** A file with a secret of the client. */
    record Secret(String id, int uid, int gid, int mode, boolean optional) implements Kind {}

    /** A socket to the client's ssh agent. */
    record Ssh(String id, int uid, int gid, int mode, boolean optional) implements Kind {}
  }

  /** Who may use a cache mount at the same time. */
  public enum Sharing {
    SHARED,
    PRIVATE,
    LOCKED
  }
}
