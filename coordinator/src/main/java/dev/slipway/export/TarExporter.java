package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import dev.slipway.solve.BuildContext;
import java.util.List;
import java.util.Map;

/** The files of the results as a tar for the client, those of each platform in a directory. */
final class TarExporter implements Exporter {
  private final ExportParts parts;
  private final ImageMaking images;
  private final RootSpool spool;

  TarExporter(ExportParts parts, RootSpool spool) {
    this.parts = parts;
    this.images = new ImageMaking(parts);
    this.spool = spool;
  }

  @Override
  public String type() {
    return "tar";
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
      return "exporting to client tarball";
    }

    @Override
    public Map<String, String> run(ExportSource source, BuildContext build, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      List<ExportSource.Part> platforms = TreeAttributes.parts(source, images);
      ClientTargets targets = parts.client(build).targets();
      try (Scratch scratch = new Scratch(parts.scratch())) {
        List<Root> roots =
            attributes.roots(
                platforms,
                source.isMap(),
                source,
                part -> spool.fetch(part.result(), build, scratch));
        RootTar tar = new RootTar(roots);
        progress.during("sending tarball", () -> targets.file(id, Map.of(), tar::writeTo));
      }
      return Map.of();
    }
  }
}
