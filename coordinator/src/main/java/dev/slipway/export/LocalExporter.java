package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.Parallel;
import java.util.List;
import java.util.Map;

/**
 * The files of the results in a directory of the client. Where it may delete what is not in the
 * results, all platforms go in one stream; else each goes in its own.
 */
final class LocalExporter implements Exporter {
  private static final String LINE = "copying files";

  private final ExportParts parts;
  private final ImageMaking images;
  private final RootSpool spool;

  LocalExporter(ExportParts parts, RootSpool spool) {
    this.parts = parts;
    this.images = new ImageMaking(parts);
    this.spool = spool;
  }

  @Override
  public String type() {
    return "local";
  }

  @Override
  public PreparedExport prepare(Order order) throws SlipwayException {
    return new Export(order.id(), TreeAttributes.parse(new Attributes(order.attributes())));
  }

  private final class Export implements PreparedExport {
    private final int id;
    private final TreeAttributes attributes;

    Export(int id, TreeAttributes attributes) {
      this.id = id;
      this.attributes = attributes;
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public String title() {
      return "exporting to client directory";
    }

    @Override
    public Map<String, String> run(ExportSource source, BuildContext build, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      List<ExportSource.Part> platforms = TreeAttributes.parts(source, images);
      boolean split = attributes.splits(source);
      ClientTargets targets = parts.client(build).targets();
      try (Scratch scratch = new Scratch(parts.scratch())) {
        List<Root> roots =
            attributes.roots(
                platforms, split, source, part -> spool.fetch(part.result(), build, scratch));
        if (!split) {
          RootTree.checkDisjoint(roots);
        }
        if (attributes.exact()) {
          send(LINE, roots, targets, progress);
        } else {
          Parallel.map(
              roots,
              root -> {
                send(
                    split ? LINE + " " + root.platformId() : LINE,
                    List.of(root),
                    targets,
                    progress);
                return root;
              });
        }
      }
      return Map.of();
    }

    private void send(String line, List<Root> roots, ClientTargets targets, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      progress.transfer(
          line, moved -> targets.directory(id, attributes.exact(), new RootTree(roots), moved));
    }
  }
}
