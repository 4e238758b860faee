package dev.slipway.solve;

import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.FileAction.Owner;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which inputs of a vertex are read through some of their paths only, so that nothing else of them
 * can show in its result. Pure.
 */
final class ContentInputs {
  private ContentInputs() {}

  /** The paths read, by input index; an input that is read in any other way is not there. */
  static Map<Integer, List<PathSelector>> of(Vertex vertex) {
    Map<Integer, List<PathSelector>> selected = new LinkedHashMap<>();
    for (int index = 0; index < vertex.inputs().size(); index++) {
      List<PathSelector> selectors =
          switch (vertex.op()) {
            case Op.File file -> ofFile(file, index);
            case Op.Exec exec -> ofExec(exec, index);
            case Op.Source _, Op.Merge _, Op.Diff _, Op.Build _, Op.Passthrough _ -> List.of();
          };
      if (!selectors.isEmpty()) {
        selected.put(index, selectors);
      }
    }
    return selected;
  }

  /** Whether the paths are all there are: then there is nothing to be saved by selecting. */
  static boolean isEverything(List<PathSelector> selectors) {
    return selectors.stream()
        .anyMatch(selector ->
            selector.path().chars().allMatch(c -> c == '/' || c == '.')
                && selector.includePatterns().isEmpty()
                && selector.excludePatterns().isEmpty());
  }

  private static List<PathSelector> ofFile(Op.File file, int index) {
    List<PathSelector> selectors = new ArrayList<>();
    for (FileAction action : file.actions()) {
      if (action.input() == index || namesOwnersBy(action.change(), index)) {
        return List.of();
      }
      if (action.secondaryInput() == index) {
        if (!(action.change() instanceof Change.Copy copy)) {
          return List.of();
        }
        FileAction.CopyOptions options = copy.options();
        selectors.add(
            new PathSelector(
                copy.source(),
                options.allowWildcard(),
                options.followSymlink(),
                options.includePatterns(),
                options.excludePatterns()));
      }
    }
    return selectors;
  }

  /** Names of users are looked up in /etc of the input, which is no path of a copy. */
  private static boolean namesOwnersBy(Change change, int index) {
    Optional<Owner> owner =
        switch (change) {
          case Change.Copy copy -> copy.owner();
          case Change.MakeFile file -> file.owner();
          case Change.MakeDirectory directory -> directory.owner();
          case Change.MakeSymlink link -> link.owner();
          case Change.Remove _ -> Optional.empty();
        };
    return owner.stream()
        .flatMap(found -> Stream.of(found.user(), found.group()))
        .flatMap(Optional::stream)
        .anyMatch(
            identity -> identity instanceof Identity.ByName(String _, int input) && input == index);
  }

  /** A process sees of a bind mount what is below its selector; what it writes there is lost. */
  private static List<PathSelector> ofExec(Op.Exec exec, int index) {
    List<PathSelector> selectors = new ArrayList<>();
    for (Mount mount : exec.mounts()) {
      if (mount.input() != index) {
        continue;
      }
      boolean selects =
          mount.kind() instanceof Mount.Kind.Bind
              && !mount.destination().equals("/")
              && mount.contentKey() != Mount.ContentKey.NEVER
              && (mount.readOnly() || mount.output() < 0);
      if (!selects) {
        return List.of();
      }
      selectors.add(new PathSelector(mount.selector(), false, true, List.of(), List.of()));
    }
    return selectors;
  }
}
