package dev.slipway.layers;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.MediaTypes.Compression;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a blob is made of a layer.
 *
 * @param level of the compressor's own scale; empty = the one that layers usually have
 * @param latest Unix seconds that no time in the tar is after; empty = times stay as they are
 */
public record Packing(Compression compression, OptionalInt level, OptionalLong latest) {
  /** What every layer is packed as unless somebody asks for something else. */
  public static final Packing USUAL =
      new Packing(Compression.GZIP, OptionalInt.empty(), OptionalLong.empty());

  private static final int HIGHEST_GZIP = 9;
  private static final int HIGHEST_ZSTD = 22;

  public Packing {
    int highest =
        switch (compression) {
          case GZIP -> HIGHEST_GZIP;
          case ZSTD -> HIGHEST_ZSTD;
          case NONE -> Integer.MAX_VALUE;
          case UNKNOWN ->
              throw new IllegalArgumentException("nothing can be packed in an unknown way");
        };
    if (level.isPresent() && (level.getAsInt() < 0 || level.getAsInt() > highest)) {
      throw new IllegalArgumentException(
          compression + " has levels from 0 to " + highest + ", not " + level.getAsInt());
    }
  }

  /** Reads the wire's message. @throws SlipwayException INVALID when it makes no sense */
  public static Packing of(dev.slipway.protocol.worker.Packing message) throws SlipwayException {
    try {
      return new Packing(
          switch (message.getCompression()) {
            case GZIP -> Compression.GZIP;
            case ZSTD -> Compression.ZSTD;
            case NONE -> Compression.NONE;
            case UNRECOGNIZED -> Compression.UNKNOWN;
          },
          message.hasLevel() ? OptionalInt.of(message.getLevel()) : OptionalInt.empty(),
          message.hasLatest() ? OptionalLong.of(message.getLatest()) : OptionalLong.empty());
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "packing: " + e.getMessage(), e);
    }
  }

  /** Media type of what is made. */
  public String mediaType() {
    return MediaTypes.layer(compression, true);
  }

  /** The same for equal packings, and fit to be a part of a file's name. */
  String name() {
    return switch (compression) {
          case GZIP -> "gzip";
          case ZSTD -> "zstd";
          case NONE, UNKNOWN -> "none";
        }
        + (level.isPresent() ? "-" + level.getAsInt() : "")
        + (latest.isPresent() ? "@" + latest.getAsLong() : "");
  }
}
