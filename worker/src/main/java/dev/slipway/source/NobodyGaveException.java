package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;

/** A layer that no origin gave. */
final class NobodyGaveException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> absentAt;

  /**
   * @param absentAt URLs of the workers that said that they do not have it
   */
  NobodyGaveException(String message, List<String> absentAt) {
    super(ErrorKind.UNAVAILABLE, message);
    this.absentAt = List.copyOf(absentAt);
  }

  List<String> absentAt() {
    return absentAt;
  }
}
