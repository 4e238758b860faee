package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.graph.SourceMap.Range;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds stages that need themselves. A stage's base stands before it, so only copies and mounts can
 * close a circle.
 */
final class StageCycles {
  private final BuildFile file;
  private final Map<Integer, Map<Integer, Range>> needs;
  private final Set<Integer> visited = new HashSet<>();
  private final Set<Integer> open = new HashSet<>();

  /**
   * @param needs stages that each stage copies from or mounts, with the place that says so
   */
  StageCycles(BuildFile file, Map<Integer, Map<Integer, Range>> needs) {
    this.file = file;
    this.needs = needs;
  }

  void check() throws SourceError {
    for (BuildFile.Stage stage : file.stages()) {
      visit(stage.index(), stage);
    }
  }

  private void visit(int index, BuildFile.Stage root) throws SourceError {
    if (!visited.add(index)) {
      return;
    }
    open.add(index);
    for (Map.Entry<Integer, Range> need : needs.get(index).entrySet()) {
      if (open.contains(need.getKey())) {
        throw file.source()
            .error(
                ErrorKind.INVALID,
                need.getValue(),
                "circular dependency detected on stage: " + StageNames.of(root));
      }
      visit(need.getKey(), root);
    }
    open.remove(index);
  }
}
