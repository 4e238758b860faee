package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.session.ClientTargets;
import dev.slipway.solve.BuildContext;
import java.util.List;
import java.util.Map;

/** Brings the files of the results here and sends them to the client, each exporter in its way. */
abstract class FilesExporter implements Exporter {
  private final String type;
  private final String title;
  private final ExportParts parts;
  private final ImageMaking images;
  private final RootSpool spool;

  /**
   * @param title line of an export in the client's view
   */
  FilesExporter(String type, String title, ExportParts parts, RootSpool spool) {
    this.type = type;
    this.title = title;
    this.parts = parts;
    this.images = new ImageMaking(parts);
    this.spool = spool;
  }

  /** Whether each platform has a directory of its own. */
  abstract boolean splits(TreeAttributes attributes, ExportSource source);

  /** Sends the files. */
  abstract void send(Delivery delivery, ClientTargets targets, ExportProgress progress)
      throws SlipwayException, InterruptedException;

  /**
   * What goes to the client.
   *
   * @param id position among the exporters of the solve request
   * @param split whether each root goes into a directory of its own
   */
  record Delivery(int id, TreeAttributes attributes, boolean split, List<Root> roots) {}

  @Override
  public String type() {
    return type;
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
      return title;
    }

    @Override
    public Map<String, String> run(ExportSource source, BuildContext build, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      List<ExportSource.Part> platforms = TreeAttributes.parts(source, images);
      boolean split = splits(attributes, source);
      ClientTargets targets = parts.client(build).targets();
      try (Scratch scratch = new Scratch(parts.scratch())) {
        List<Root> roots =
            attributes.roots(
                platforms, split, source, part -> spool.fetch(part.result(), build, scratch));
        send(new Delivery(id, attributes, split, roots), targets, progress);
      }
      return Map.of();
    }
  }
}
