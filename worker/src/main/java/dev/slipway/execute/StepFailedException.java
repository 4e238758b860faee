package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A step failed by the user's own doing; trying it elsewhere would not help. */
final class StepFailedException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final boolean timedOut;

  /**
   * @param exitCode 0 when no process ended badly
   */
  StepFailedException(String message, int exitCode) {
    this(message, exitCode, false);
  }

  private StepFailedException(String message, int exitCode, boolean timedOut) {
    super(ErrorKind.INVALID, message);
    this.exitCode = exitCode;
    this.timedOut = timedOut;
  }

  /** The time of its stage was over. */
  static StepFailedException timedOut(String message) {
    return new StepFailedException(message, 0, true);
  }

  StepFailedException(String message, Throwable cause) {
    super(ErrorKind.INVALID, message, cause);
    this.exitCode = 0;
    this.timedOut = false;
  }

  int exitCode() {
    return exitCode;
  }

  boolean timedOut() {
    return timedOut;
  }
}
