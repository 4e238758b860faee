package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A call names a result that its build does not hold. */
final class UnknownReference extends SlipwayException {
  private static final long serialVersionUID = 1L;

  UnknownReference(String id) {
    super(ErrorKind.NOT_FOUND, "no such ref: " + id);
  }
}
