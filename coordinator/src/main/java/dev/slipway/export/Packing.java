package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.MediaTypes.Compression;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How workers make blobs of layers.
 *
 * @param level of the compressor's scale; empty = its usual one
 * @param latest Unix seconds that no time in the layer is after; empty = times stay
 */
record Packing(Compression compression, OptionalInt level, OptionalLong latest) {
  private static final int HIGHEST_GZIP = 9;
  private static final int HIGHEST_ZSTD = 22;

  /** Reads {@code compression} and {@code compression-level}. */
  static Packing parse(Optional<String> compression, Optional<String> level)
      throws SlipwayException {
    Compression way =
        switch (compression.orElse("gzip")) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          case "uncompressed" -> Compression.NONE;
          case "estargz" ->
              throw new SlipwayException(
                  ErrorKind.UNSUPPORTED,
                  "compression estargz is not supported yet: use gzip, zstd or uncompressed");
          case String other ->
              throw new SlipwayException(
                  ErrorKind.INVALID, "unsupported compression type " + other);
        };
    if (level.isEmpty()) {
      return new Packing(way, OptionalInt.empty(), OptionalLong.empty());
    }
    if (!level.get().matches("-?[0-9]{1,9}")) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "non-integer value " + level.get() + " specified for compression-level");
    }
    int number = Integer.parseInt(level.get());
    int highest =
        switch (way) {
          case GZIP -> HIGHEST_GZIP;
          case ZSTD -> HIGHEST_ZSTD;
          case NONE, UNKNOWN -> Integer.MAX_VALUE;
        };
    if (number < 0 || number > highest) {
      throw new SlipwayException(
          ErrorKind.INVALID, compression.orElse("gzip") + ": invalid compression level: " + number);
    }
    return new Packing(way, OptionalInt.of(number), OptionalLong.empty());
  }

  Packing bounded(long epochSecond) {
    return new Packing(compression, level, OptionalLong.of(epochSecond));
  }

  dev.slipway.protocol.worker.Packing message() {
    var message = dev.slipway.protocol.worker.Packing.newBuilder();
    message.setCompression(
        switch (compression) {
          case GZIP, UNKNOWN -> dev.slipway.protocol.worker.Packing.Compression.GZIP;
          case ZSTD -> dev.slipway.protocol.worker.Packing.Compression.ZSTD;
          case NONE -> dev.slipway.protocol.worker.Packing.Compression.NONE;
        });
    level.ifPresent(message::setLevel);
    latest.ifPresent(message::setLatest);
    return message.build();
  }
}
