package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Optional;

/**
 * A stage that is built.
 *
 * @param commands triggers of the base first
 * @param dependencies what {@code --from} of a command means
 */
record StagePlan(
    BuildFile.Stage stage,
    String displayName,
    Platform platform,
    Base base,
    List<Located> commands,
    java.util.Map<String, From> copySources,
    java.util.Map<String, From> mountSources) {
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
