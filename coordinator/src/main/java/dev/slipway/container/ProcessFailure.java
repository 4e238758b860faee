package dev.slipway.container;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A process of a container ended badly. Clients learn the code as a value. */
public final class ProcessFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  /** What never ran, or whose end nobody knows. BuildKit's UnknownExitStatus. */
  public static final int UNKNOWN = 255;

  private final int exitCode;

  ProcessFailure(ErrorKind kind, String message, int exitCode) {
    super(kind, message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
