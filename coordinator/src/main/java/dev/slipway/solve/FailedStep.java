package dev.slipway.solve;

import dev.slipway.graph.Vertex;
import java.util.List;
import java.util.Optional;

/**
 * What is left of a step that failed, for whoever wants to look into it.
 *
 * @param inputs by mount of an exec op, by input of any other; empty where it has none
 * @param left the same mounts as the process left them; of file actions, what each has made
 * @param action index of the file action that failed
 * @param lacking index of the mount whose input lacks what it selects; then nothing has run
 */
public record FailedStep(
    Vertex vertex,
    List<Optional<SolvedResult>> inputs,
    List<Optional<SolvedResult>> left,
    Optional<Integer> action,
    Optional<Integer> lacking) {
  public FailedStep {
    inputs = List.copyOf(inputs);
    left = List.copyOf(left);
  }
}
