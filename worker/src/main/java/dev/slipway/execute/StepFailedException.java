package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A step failed by the user's own doing; trying it elsewhere would not help. */
final class StepFailedException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * @param exitCode 0 when no process ended badly
   */
  StepFailedException(String message, int exitCode) {
    super(ErrorKind.INVALID, message);
    this.exitCode = exitCode;
  }

  StepFailedException(String message, Throwable cause) {
    super(ErrorKind.INVALID, message, cause);
    this.exitCode = 0;
  }

  int exitCode() {
    return exitCode;
  }
}
