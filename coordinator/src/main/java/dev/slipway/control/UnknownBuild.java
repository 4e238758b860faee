package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** Nobody knows a build with this ref; the one error whose gRPC code clients look at. */
final class UnknownBuild extends SlipwayException {
  private static final long serialVersionUID = 1L;

  UnknownBuild(String ref) {
    super(ErrorKind.NOT_FOUND, "no such job " + ref);
  }
}
