package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** What an image source op says beside the image. Stateless. */
final class ImageAttributes {
  private static final Set<String> MODES = Set.of("", "default", "pull", "local");
  private static final Set<String> RECORD_TYPES = Set.of("", "regular", "internal", "frontend");

  private ImageAttributes() {}

  /** Layers to take, from the lowest; empty = all. */
  static OptionalInt layerLimit(Op.Source source) throws SlipwayException {
    Map<String, String> attributes = source.attributes();
    String limit =
        attributes.getOrDefault("image.layerlimit", attributes.getOrDefault("oci.layerlimit", ""));
    if (limit.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      int layers = Integer.parseInt(limit);
      if (layers > 0) {
        return OptionalInt.of(layers);
      }
    } catch (NumberFormatException e) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid layer limit " + limit, e);
    }
    throw new SlipwayException(ErrorKind.INVALID, "invalid layer limit " + limit);
  }

  /** Checks the attributes and that the image is the one that they want. @throws INVALID */
  static void check(Op.Source source, Digest root) throws SlipwayException {
    Map<String, String> attributes = source.attributes();
    layerLimit(source);
    known("resolvemode", MODES, attributes.getOrDefault("image.resolvemode", ""));
    known("record type", RECORD_TYPES, attributes.getOrDefault("image.recordtype", ""));
    String checksum = attributes.getOrDefault("image.checksum", "");
    if (checksum.isEmpty()) {
      return;
    }
    if (!Digest.isDigest(checksum)) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "invalid image checksum " + checksum + ": invalid checksum digest format");
    }
    if (!root.value().equals(checksum)) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "image digest "
              + root
              + " for "
              + source.locator()
              + " does not match expected checksum "
              + checksum);
    }
  }

  private static void known(String what, Set<String> values, String value) throws SlipwayException {
    if (!values.contains(value)) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid " + what + ": " + value);
    }
  }
}
