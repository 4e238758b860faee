package dev.slipway.policy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;

/** A client's own policy denied a source; carries what it said to whoever started the build. */
public final class PolicyDenied extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> messages;

  public PolicyDenied(String message, List<String> messages) {
    super(ErrorKind.DENIED, message);
    this.messages = List.copyOf(messages);
  }

  /** What the policy says beside the error. */
  public List<String> messages() {
    return messages;
  }

  /** The same, with what was being done. */
  PolicyDenied during(String what) {
    return new PolicyDenied(what + ": " + getMessage(), messages);
  }
}
