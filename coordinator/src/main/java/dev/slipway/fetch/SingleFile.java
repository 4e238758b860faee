package dev.slipway.fetch;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * How a file that was fetched by itself appears, as the attributes {@code http.*} say.
 *
 * @param filename what its source asks for; empty = the source's own name
 * @param permissions the nine bits
 */
public record SingleFile(String filename, int permissions, int uid, int gid) {
  private static final int DEFAULT_PERMISSIONS = 0600;
  private static final String DEFAULT_NAME = "download";

  /** Reads the attributes. @throws SlipwayException INVALID when a number is none */
  public static SingleFile of(Map<String, String> attributes) throws SlipwayException {
    int permissions = number(attributes, "http.perm");
    return new SingleFile(
        attributes.getOrDefault("http.filename", ""),
        permissions == 0 ? DEFAULT_PERMISSIONS : permissions & 0777,
        number(attributes, "http.uid"),
        number(attributes, "http.gid"));
  }

  /**
   * A number as Go's literals are written: {@code 420}, {@code 0644}, {@code 0o644}, {@code 0x1a4}.
   */
  private static int number(Map<String, String> attributes, String key) throws SlipwayException {
    String text = attributes.getOrDefault(key, "0");
    try {
      String lower = text.toLowerCase(java.util.Locale.ROOT);
      if (lower.startsWith("0x")) {
        return Integer.parseUnsignedInt(lower.substring(2), 16);
      }
      if (lower.startsWith("0b")) {
        return Integer.parseUnsignedInt(lower.substring(2), 2);
      }
      if (lower.startsWith("0o")) {
        return Integer.parseUnsignedInt(lower.substring(2), 8);
      }
      return lower.length() > 1 && lower.startsWith("0")
          ? Integer.parseUnsignedInt(lower, 8)
          : Integer.parseUnsignedInt(lower);
    } catch (NumberFormatException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "attribute " + key + ": parsing \"" + text + "\": invalid syntax", e);
    }
  }

  /** The last part of a name that somebody gave, if it can be a file's; else {@code download}. */
  public static String safeName(String given) {
    String trimmed = given.strip();
    if (trimmed.indexOf('\0') >= 0 || trimmed.chars().anyMatch(Character::isISOControl)) {
      return DEFAULT_NAME;
    }
    Path last = Path.of(trimmed).getFileName();
    String name = last == null ? "" : last.toString();
    return name.isEmpty() || name.equals(".") || name.equals("..") ? DEFAULT_NAME : name;
  }

  /** The wanted name, made safe, if one is wanted. */
  public Optional<String> wantedName() {
    return filename.isEmpty() ? Optional.empty() : Optional.of(safeName(filename));
  }
}
