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
 * @param displayName as in the names of its steps; empty for the only stage of a file
 * @param platform of its steps
 * @param commands triggers of the base first
 * @param sources what {@code --from} of its COPYs and mounts mean, by their texts
 */
record StagePlan(
    BuildFile.Stage stage,
    String displayName,
    Platform platform,
    Base base,
    List<Command> commands,
    Sources sources) {
  StagePlan {
    commands = List.copyOf(commands);
  }

  /**
   * An instruction of the stage.
   *
   * @param trigger whether it comes from an ONBUILD
   */
  record Command(Located located, boolean trigger) {
    /** As it is written where it comes from, for who looks at it. */
    Located withKeyword() {
      return trigger
          ? new Located(located.instruction(), "ONBUILD " + located.text(), located.range())
          : located;
    }
  }

  /** Of copies, where a number is a stage's, and of mounts, where it is not. */
  record Sources(Map<String, From> copies, Map<String, From> mounts) {
    static final Sources NONE = new Sources(Map.of(), Map.of());

    Sources {
      copies = Map.copyOf(copies);
      mounts = Map.copyOf(mounts);
    }
  }

  /** What a stage starts from. */
  sealed interface Base {
    record Scratch() implements Base {}

    record Image(ImageKey key) implements Base {}

    record Parent(int stage) implements Base {}

    /**
     * A named context instead of an image, or instead of the whole stage.
     *
     * @param whole whether the stage's own instructions do not count
     */
    record Context(ContextKey key, boolean whole) implements Base {}
  }

  /** What {@code --from} names. */
  sealed interface From {
    record Scratch() implements From {}

    record Image(ImageKey key) implements From {}

    record OtherStage(int stage) implements From {}

    record Context(ContextKey key) implements From {}
  }

  int index() {
    return stage.index();
  }

  Optional<String> name() {
    return stage.base().name();
  }
}
