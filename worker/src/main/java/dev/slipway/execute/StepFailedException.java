package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A step failed by the user's own doing; trying it elsewhere would not help. */
final class StepFailedException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final boolean timedOut;
  private final boolean ofClient;
  private transient Map<Integer, List<String>> left = Map.of();
  private transient Optional<Integer> lacking = Optional.empty();

  /**
   * @param exitCode 0 when no process ended badly
   */
  StepFailedException(String message, int exitCode) {
    this(message, exitCode, false, false);
  }

  private StepFailedException(String message, int exitCode, boolean timedOut, boolean ofClient) {
    super(ErrorKind.INVALID, message);
    this.exitCode = exitCode;
    this.timedOut = timedOut;
    this.ofClient = ofClient;
  }

  /** The time of its stage was over. */
  static StepFailedException timedOut(String message) {
    return new StepFailedException(message, 0, true, false);
  }

  /** Its build's client does not have what it needs; another build's may. */
  static StepFailedException ofClient(String message) {
    return new StepFailedException(message, 0, false, true);
  }

  StepFailedException(String message, Throwable cause) {
    super(ErrorKind.INVALID, message, cause);
    this.exitCode = 0;
    this.timedOut = false;
    this.ofClient = false;
  }

  /** The same, with the chain of each mount as the process left it, by the mount's index. */
  StepFailedException leaving(Map<Integer, List<String>> mounts) {
    left = Map.copyOf(mounts);
    return this;
  }

  /** The same: the input of the mount with this index lacks what the mount selects. */
  StepFailedException lacking(int mount) {
    lacking = Optional.of(mount);
    return this;
  }

  Map<Integer, List<String>> left() {
    return left;
  }

  Optional<Integer> lacking() {
    return lacking;
  }

  int exitCode() {
    return exitCode;
  }

  boolean timedOut() {
    return timedOut;
  }

  boolean ofClient() {
    return ofClient;
  }
}
