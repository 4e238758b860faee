package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An annotation that somebody wants.
 *
 * @param platform whose image it is for; empty = every one's
 */
record Annotation(Place place, Optional<Platform> platform, String key, String value) {
  private static final Pattern KEY =
      Pattern.compile(
          "annotation(?:-(manifest|index|manifest-descriptor|index-descriptor))?(?:\\[([^\\]]+)\\])?\\.(.+)");

  /** Where it is written. */
  enum Place {
    MANIFEST,
    INDEX,
    MANIFEST_DESCRIPTOR,
    INDEX_DESCRIPTOR
  }

  /** Reads an attribute or a key of metadata; empty when it is about something else. */
  static Optional<Annotation> of(String key, String value) throws SlipwayException {
    Matcher parts = KEY.matcher(key);
    if (!parts.matches()) {
      return Optional.empty();
    }
    Place place =
        switch (parts.group(1)) {
          case "index" -> Place.INDEX;
          case "manifest-descriptor" -> Place.MANIFEST_DESCRIPTOR;
          case "index-descriptor" -> Place.INDEX_DESCRIPTOR;
          case null, default -> Place.MANIFEST;
        };
    try {
      return Optional.of(
          new Annotation(
              place,
              Optional.ofNullable(parts.group(2)).map(Platform::parse),
              parts.group(3),
              value));
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "annotation " + key + ": " + e.getMessage(), e);
    }
  }

  boolean isFor(Platform image) {
    return platform.isEmpty() || platform.get().equals(image);
  }
}
