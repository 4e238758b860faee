package dev.slipway.frontend.gateway;

import dev.slipway.error.SlipwayException;
import dev.slipway.solve.FailedStep;
import dev.slipway.solve.StepFailure;
import java.util.List;

/**
 * A step failed while a frontend waited for it; what it worked on can be mounted into containers.
 */
public final class InspectableFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient FailedStep step;
  private final transient List<String> inputs;
  private final transient List<String> left;

  InspectableFailure(StepFailure failure, FailedStep step, List<String> inputs, List<String> left) {
    super(failure.kind(), failure.getMessage(), failure);
    this.step = step;
    this.inputs = List.copyOf(inputs);
    this.left = List.copyOf(left);
  }

  public FailedStep step() {
    return step;
  }

  /** Ids of what went in: of the mount alone whose input lacks something, else of all. */
  public List<String> inputs() {
    return inputs;
  }

  /** Ids of the mounts as the process left them; empty where there is none. */
  public List<String> left() {
    return left;
  }
}
