package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.Stage;
import dev.slipway.protocol.worker.ContentInput;
import dev.slipway.protocol.worker.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the steps of one stage read of their inputs, as it stood when the stage was submitted. Made
 * on the driver's thread, read on any.
 */
final class StageParts {
  private final PartReferences references;

  /** Inputs that need not be sent as a whole. */
  private final Map<Slot, ContentPart> movable = new HashMap<>();

  private final Map<Digest, List<ContentInput>> wanted = new HashMap<>();

  private record Slot(Digest vertex, int input) {}

  StageParts(
      Stage stage, KeyedGraph keyed, ContentKeys contents, Retries retries, PartReferences parts) {
    this.references = parts;
    Set<Digest> earlier = new HashSet<>();
    for (Vertex step : stage.steps()) {
      VertexWork work = keyed.of(step.digest());
      List<ContentInput> digests = new ArrayList<>();
      work.selected.forEach((input, selectors) -> {
        Edge edge = step.inputs().get(input);
        boolean everything = ContentInputs.isEverything(selectors);
        boolean digest = !everything;
        if (!earlier.contains(edge.vertex())) {
          LayerChain chain = keyed.of(edge.vertex()).results.get(edge.output());
          ContentPart part = ContentPart.of(chain, selectors);
          digest =
              ContentPart.isWorthDigesting(chain, selectors) && contents.digest(part).isEmpty();
          if (!everything && !chain.layers().isEmpty() && !retries.isBroken(part)) {
            movable.put(new Slot(step.digest(), input), part);
          }
        }
        if (digest) {
          digests.add(
              ContentInput.newBuilder()
                  .setInput(input)
                  .addAllSelectors(selectors.stream().map(ContentPart::wire).toList())
                  .build());
        }
      });
      wanted.put(step.digest(), digests);
      earlier.add(step.digest());
    }
  }

  /** What the worker is asked to digest while it runs the step. */
  List<ContentInput> digestsWanted(Vertex step) {
    return wanted.getOrDefault(step.digest(), List.of());
  }

  /** What the step reads of the input, when it can do without the rest. */
  Optional<ContentPart> movable(Vertex step, int input) {
    return Optional.ofNullable(movable.get(new Slot(step.digest(), input)));
  }

  /** The part as the worker is told of it; empty when it should have the layers. */
  Optional<Part> describe(Vertex step, int input, String workerId) {
    return movable(step, input).flatMap(part -> references.describe(part, workerId));
  }
}
