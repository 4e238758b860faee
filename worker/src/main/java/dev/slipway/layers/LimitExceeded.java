package dev.slipway.layers;

import java.io.IOException;

/** A limit of {@link LayerLimits} was exceeded; the message names it. */
public final class LimitExceeded extends IOException {
  private static final long serialVersionUID = 1L;

  public LimitExceeded(String message) {
    super(message);
  }
}
