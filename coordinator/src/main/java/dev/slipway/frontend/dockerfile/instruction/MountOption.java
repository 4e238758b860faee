package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import java.util.Optional;

/**
 * The value of {@code RUN --mount}, one CSV record of {@code key=value} fields.
 *
 * @param target as written; empty when none was
 * @param source as written; empty when none was
 * @param from never has variables in it
 * @param size of a tmpfs in bytes, 0 = the default
 */
public record MountOption(
    Type type,
    String target,
    String source,
    Optional<String> from,
    boolean readOnly,
    long size,
    Cache cache) {
  /** Kinds that work. */
  public enum Type {
    BIND,
    CACHE,
    TMPFS
  }

  /**
   * What only a cache mount has.
   *
   * @param id empty = the target's path
   * @param root attributes that its directory begins with; empty = none were named
   */
  public record Cache(String id, Mount.Sharing sharing, Optional<Root> root) {}

  /** Owner and permission bits of a directory. */
  public record Root(int uid, int gid, int mode) {
    public static final Root DEFAULT = new Root(0, 0, 0755);
  }

  /** How variables in a value are replaced. */
  @FunctionalInterface
  public interface Expander {
    String expand(String value) throws SlipwayException;
  }

  /** Reads the option. */
  public static MountOption parse(String text, Expander expander) throws SlipwayException {
    MountOption option = MountFields.read(text, expander, true).option();
    if (option.target().isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid mount target \"\"");
    }
    return option;
  }

  /** Says what is wrong with the option as far as it has no variables, and what it is from. */
  public static Optional<String> check(String text) throws SlipwayException {
    return MountFields.read(text, value -> value, false).option().from();
  }
}
