package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import java.util.Optional;

/**
 * The value of {@code RUN --mount}, one CSV record of {@code key=value} fields.
 *
 * @param source as written; empty when none was
 * @param target as written; empty when none was
 * @param size of a tmpfs in bytes, 0 = the default
 * @param id of a cache, a secret or an agent; empty when none was written
 * @param environment name of the variable that a secret becomes
 */
public record MountOption(
    Type type,
    Optional<String> from,
    String source,
    String target,
    boolean readOnly,
    long size,
    String id,
    Mount.Sharing sharing,
    boolean required,
    Optional<String> environment,
    Attributes attributes) {
  /** Kinds of mounts. */
  public enum Type {
    BIND,
    CACHE,
    TMPFS,
    SECRET,
    SSH
  }

  /** Owner and permission bits, as far as they were written. */
  public record Attributes(Optional<Integer> uid, Optional<Integer> gid, Optional<Integer> mode) {
    public static final Attributes NONE =
        new Attributes(Optional.empty(), Optional.empty(), Optional.empty());

    public boolean areGiven() {
      return !equals(NONE);
    }
  }

  /** How variables in a value are replaced. */
  @FunctionalInterface
  public interface Expander {
    String expand(String value) throws SlipwayException;
  }

  /** Reads the option. @throws SlipwayException INVALID when it is none */
  public static MountOption parse(String text, Expander expander) throws SlipwayException {
    return new MountFields(expander).read(text);
  }

  /**
   * What the option mounts from: known before any variable is, for it takes none. The rest is
   * looked at when the instruction is reached.
   */
  public static Optional<String> from(String text) throws SlipwayException {
    return MountFields.from(text);
  }
}
