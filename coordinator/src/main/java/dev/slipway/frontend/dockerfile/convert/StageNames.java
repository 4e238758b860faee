package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Names of stages, which are the same in any case. */
final class StageNames {
  private StageNames() {}

  /** The last stage of the name before a stage. */
  static Optional<Integer> find(BuildFile file, String name, int before) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (int i = before - 1; i >= 0; i--) {
      if (file.stages().get(i).base().name().equals(Optional.of(lower))) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /** The stage of the name, wherever it is. */
  static Optional<Integer> find(BuildFile file, String name) {
    return find(file, name, file.stages().size());
  }

  /** The name in messages and in names of steps. */
  static String of(BuildFile.Stage stage) {
    return stage.base().name().orElse("stage-" + stage.index());
  }

  /** All of them, for suggestions. */
  static List<String> all(BuildFile file) {
    return file.stages().stream().map(StageNames::of).toList();
  }

  /**
   * Whether steps are shown without the name of their stage: there is nothing but one stage. A
   * mount, and a copy of what is no stage, count as stages without a name, as BuildKit has it.
   */
  static boolean areHidden(BuildFile file) throws SourceError {
    if (file.stages().size() > 1) {
      return false;
    }
    for (Located located : file.stages().getFirst().instructions()) {
      for (String from : froms(file.source(), located)) {
        if (find(file, from).isEmpty() && !from.matches("[0-9]+")) {
          return false;
        }
      }
    }
    return true;
  }

  private static List<String> froms(SourceText source, Located located) throws SourceError {
    return switch (located.instruction()) {
      case Instruction.Copy copy -> copy.from().stream().toList();
      case Instruction.Run run -> {
        List<String> names = new ArrayList<>();
        for (String mount : run.mounts()) {
          names.add(mountFrom(source, located, mount).orElse("scratch"));
        }
        yield names;
      }
      default -> List.of();
    };
  }

  /** What a mount is from, as its text says it. */
  static Optional<String> mountFrom(SourceText source, Located located, String mount)
      throws SourceError {
    try {
      return MountOption.from(mount);
    } catch (SlipwayException e) {
      throw source.error(e.kind(), located.range(), e.getMessage());
    }
  }
}
