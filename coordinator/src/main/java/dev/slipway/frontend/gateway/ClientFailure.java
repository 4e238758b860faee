package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/**
 * What the client's own frontend returned in place of a result; it is handed back to the client as
 * it came.
 */
public final class ClientFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final byte[] status;

  /**
   * @param status serialized google.rpc.Status
   */
  public ClientFailure(String message, byte[] status) {
    super(ErrorKind.INVALID, message);
    this.status = status.clone();
  }

  public byte[] status() {
    return status.clone();
  }
}
