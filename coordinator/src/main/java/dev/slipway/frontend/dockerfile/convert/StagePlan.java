package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A stage that is built.
 *
 * @param commands triggers of the base first
 * @param displayName as in the names of its steps; empty for the only stage of a file
 * @param copySources what {@code --from} of a COPY means, by its text
 * @param mountSources what {@code from} of a mount means, by its text: never a number
 */
record StagePlan(
    BuildFile.Stage stage,
    String displayName,
    Platform platform,
    Base base,
    List<Located> commands,
    Map<String, From> copySources,
    Map<String, From> mountSources) {
  /** What a stage starts from. */
  sealed interface Base {
    record Scratch() implements Base {}

    record Image(ImageKey key) implements Base {}

    record Parent(int stage) implements Base {}
  }

  /** What {@code --from} names. */
  sealed interface From {
    record Scratch() implements From {}

    record Image(ImageKey key) implements From {}

    record OtherStage(int stage) implements From {}
  }

  Optional<String> name() {
    return stage.base().name();
  }
}
