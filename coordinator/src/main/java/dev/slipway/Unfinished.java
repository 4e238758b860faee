package dev.slipway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageExporter;

/** Refusals in the place of parts that are being written. */
final class Unfinished {
  static final ImageExporter EXPORTER = (request, _) -> refuse("exporter \"" + request.type() + "\"");

  private Unfinished() {}

  private static <T> T refuse(String what) throws SlipwayException {
    throw new SlipwayException(ErrorKind.UNSUPPORTED, what + " is not supported yet");
  }
}
