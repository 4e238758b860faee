package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.graph.SourceMap.Range;

/**
 * Hears what a conversion does, in order: for what looks at a Dockerfile with its variables known,
 * such as lint rules. Called on the thread that converts; what it is given is good for the call
 * only.
 */
public interface ConversionListener {
  /** Hears nothing. */
  ConversionListener NONE = new ConversionListener() {};

  /** A stage begins, with what its base gives it. */
  default void stageBegins(StageView stage) {}

  /** An instruction is about to be applied; the variables are those from before it. */
  default void instruction(StageView stage, Located located) {}

  /** An image becomes part of the graph, by the instruction in this place. */
  default void image(Range range, ImageKey key, BaseImage image) {}
}
