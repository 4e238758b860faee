package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import dev.slipway.solve.Parallel;
import java.util.List;

/**
 * The files of the results in a directory of the client. Where it may delete what is not in the
 * results, all platforms go in one stream; else each goes in its own.
 */
final class LocalExporter extends FilesExporter {
  private static final String LINE = "copying files";

  LocalExporter(ExportParts parts, RootSpool spool) {
    super("local", "exporting to client directory", parts, spool);
  }

  @Override
  boolean splits(TreeAttributes attributes, ExportSource source) {
    return attributes.splits(source);
  }

  @Override
  void send(Delivery delivery, ClientTargets targets, ExportProgress progress)
      throws SlipwayException, InterruptedException {
    if (!delivery.split()) {
      RootTree.checkDisjoint(delivery.roots());
    }
    if (delivery.attributes().exact()) {
      send(LINE, delivery.roots(), delivery, targets, progress);
    } else {
      Parallel.map(
          delivery.roots(),
          root -> {
            String line = delivery.split() ? LINE + " " + root.platformId() : LINE;
            send(line, List.of(root), delivery, targets, progress);
            return root;
          });
    }
  }

  private static void send(
      String line,
      List<Root> roots,
      Delivery delivery,
      ClientTargets targets,
      ExportProgress progress)
      throws SlipwayException, InterruptedException {
    progress.transfer(
        line,
        moved ->
            targets.directory(
                delivery.id(), delivery.attributes().exact(), new RootTree(roots), moved));
  }
}
