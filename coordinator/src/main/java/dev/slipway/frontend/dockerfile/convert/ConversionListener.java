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

  /** Both of them hear, the first one first. */
  static ConversionListener both(ConversionListener one, ConversionListener other) {
    return new ConversionListener() {
      @Override
      public void stageBegins(StageView stage) {
        one.stageBegins(stage);
        other.stageBegins(stage);
      }

      @Override
      public void instruction(StageView stage, Located located) {
        one.instruction(stage, located);
        other.instruction(stage, located);
      }

      @Override
      public void image(Range range, ImageKey key, BaseImage image) {
        one.image(range, key, image);
        other.image(range, key, image);
      }
    };
  }

  /** A stage begins, with what its base gives it. */
  default void stageBegins(StageView stage) {}

  /** An instruction is about to be applied; the variables are those from before it. */
  default void instruction(StageView stage, Located located) {}

  /** An image becomes part of the graph, by the instruction in this place. */
  default void image(Range range, ImageKey key, BaseImage image) {}
}
