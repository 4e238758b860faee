package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a layer says of the root directory itself, which is no entry of its tar.
 *
 * @param modified nanoseconds since 1970
 */
public record RootAttributes(int permissions, int uid, int gid, long modified) {
  /** HTTP header that they travel in beside a layer's tar. */
  public static final String HEADER = "Slipway-Root";

  private static final Pattern TEXT =
      Pattern.compile("([0-7]{1,4}) ([0-9]{1,9}) ([0-9]{1,9}) (-?[0-9]{1,18}|[0-9]{19})");

  /** Those of a layer's directory. */
  public static RootAttributes of(Path directory) throws IOException {
    try (Directory open = Directory.open(directory)) {
      Status status = open.status();
      return new RootAttributes(
          status.permissions(), status.uid(), status.gid(), status.modified());
    }
  }

  /** Reads what {@link #toString} wrote; empty when it is something else. */
  public static Optional<RootAttributes> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new RootAttributes(
            Integer.parseInt(matcher.group(1), 8),
            Integer.parseInt(matcher.group(2)),
            Integer.parseInt(matcher.group(3)),
            Long.parseLong(matcher.group(4))));
  }

  void apply(Path directory) throws IOException {
    try (Directory open = Directory.open(directory)) {
      open.ownerAndMode(uid, gid, permissions);
      open.times(modified);
    }
  }

  @Override
  public String toString() {
    return Integer.toOctalString(permissions) + " " + uid + " " + gid + " " + modified;
  }
}
