package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import java.util.Map;
import java.util.Optional;

/** A stage as it is between two instructions, to look at. */
public interface StageView {
  /** As it is written. */
  BuildFile.Stage stage();

  /** The index of the stage that it continues. */
  Optional<Integer> parent();

  /** What a RUN would see now. */
  Map<String, String> environment();

  /** Whether the image names a shell of its own. */
  boolean namesShell();
}
