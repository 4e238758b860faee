package dev.slipway.fileops;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Map;

/** A file action failed; what it and those before it made is kept. */
public final class ActionFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final int action;
  private final transient Map<Integer, List<String>> left;

  ActionFailure(SlipwayException cause, int action, Map<Integer, List<String>> left) {
    super(cause.kind(), cause.getMessage(), cause);
    this.action = action;
    this.left = Map.copyOf(left);
  }

  /** Its index in the op. */
  public int action() {
    return action;
  }

  /** Chains by action: what each left, but for those whose result the next one went on with. */
  public Map<Integer, List<String>> left() {
    return left;
  }
}
