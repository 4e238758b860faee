package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageAssembly.Assembled;
import dev.slipway.export.ImageAssembly.Document;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.session.ClientTargets;
import dev.slipway.solve.BuildContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Images for the client itself: a tar over its session, or blobs into its content store. Type
 * {@code docker} is for {@code docker load}. @ThreadSafe
 */
final class ArchiveExporter implements Exporter {
  private static final String CREATED = "org.opencontainers.image.created";

  private final String type;
  private final ExportParts parts;
  private final ImageMaking images;
  private final BlobTransfer transfer;

  /**
   * @param type {@code oci} or {@code docker}
   */
  ArchiveExporter(String type, ExportParts parts, BlobTransfer transfer) {
    this.type = type;
    this.parts = parts;
    this.images = new ImageMaking(parts);
    this.transfer = transfer;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public PreparedExport prepare(Order order) throws SlipwayException {
    Attributes given = new Attributes(order.attributes());
    boolean tar = given.flag("tar", true);
    return new Export(order.id(), tar, ImageAttributes.parse(type, given, order.compatibility()));
  }

  private final class Export implements PreparedExport {
    private final int id;
    private final boolean tar;
    private final ImageAttributes attributes;

    Export(int id, boolean tar, ImageAttributes attributes) {
      this.id = id;
      this.tar = tar;
      this.attributes = attributes;
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public String title() {
      return "exporting to " + type + " image format";
    }

    @Override
    public Map<String, String> run(ExportSource given, BuildContext build, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      if (type.equals("docker") && given.isMap()) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "docker exporter does not currently support exporting manifest lists");
      }
      ExportSource source = given.with(attributes.metadata());
      List<ImageReference> names = references(source);
      LayerPlan plan = images.plan(attributes, source);
      ClientTargets targets = parts.client(build).targets();
      try (Scratch scratch = new Scratch(parts.scratch())) {
        BlobSpool spool =
            new BlobSpool(parts, build, new BlobMaking(parts, build, progress), transfer);
        BlobSpool.Spooled spooled =
            progress.during("exporting layers", () -> spool.fetch(plan, scratch));
        Assembled image = images.assemble(attributes, source, plan, spooled.blobs());
        ImageMaking.mention(image, progress);
        Descriptor root = dated(image.root().descriptor(), plan);
        Map<String, String> response =
            ImageMaking.response(
                image,
                root,
                String.join(",", names.stream().map(ImageReference::toString).toList()));
        ImageArchive archive =
            new ImageArchive(image, root, names, spooled.files(), type.equals("docker"));
        if (tar) {
          progress.during("sending tarball", () -> targets.file(id, response, archive::writeTo));
        } else {
          send(archive, targets, scratch);
        }
        return response;
      }
    }

    private List<ImageReference> references(ExportSource source) throws SlipwayException {
      List<ImageReference> references = new ArrayList<>();
      for (String name : attributes.names(source)) {
        try {
          references.add(ImageReference.parse(name));
        } catch (IllegalArgumentException e) {
          throw new SlipwayException(
              ErrorKind.INVALID, "failed to parse " + name + ": " + e.getMessage(), e);
        }
      }
      return references;
    }

    /** Says when the image was made: readers of layouts sort by it. */
    private Descriptor dated(Descriptor root, LayerPlan plan) {
      if (root.annotations().containsKey(CREATED)) {
        return root;
      }
      Optional<Instant> epoch =
          plan.parts().stream()
              .map(LayerPlan.PlannedPart::epoch)
              .flatMap(Optional::stream)
              .findFirst();
      Map<String, String> annotations = new TreeMap<>(root.annotations());
      annotations.put(
          CREATED,
          epoch
              .orElseGet(() -> parts.clock().instant())
              .truncatedTo(ChronoUnit.SECONDS)
              .toString());
      return root.withAnnotations(annotations);
    }
  }

  /** What is pointed at first: a store may look. */
  private static void send(ImageArchive archive, ClientTargets targets, Scratch scratch)
      throws SlipwayException, InterruptedException {
    try {
      for (var layer : archive.files().entrySet()) {
        targets.blob(layer.getKey().value(), Files.size(layer.getValue()), layer.getValue());
      }
      for (Document document : archive.documents()) {
        Path file = Files.write(scratch.file(), document.content());
        targets.blob(document.descriptor().digest().value(), document.descriptor().size(), file);
      }
    } catch (IOException e) {
      throw Scratch.failed(e);
    }
  }
}
