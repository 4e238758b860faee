package dev.slipway.export;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageAssembly.Assembled;
import dev.slipway.export.ImageAssembly.Document;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RegistryClient.PushAccess;
import dev.slipway.registry.Repository;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.Parallel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Images for a registry: layers go there from the workers, everything else from here. Without push
 * they are made and stay in the farm. @ThreadSafe
 */
final class ImageExporter implements Exporter {
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  /** About an image store, which a farm does not have. */
  private static final List<String> OF_STORES =
      List.of("unpack", "store", "name-canonical", "unsafe-internal-store-allow-incomplete");

  private final ExportParts parts;
  private final ImageMaking images;
  private final BlobTransfer transfer;
  private final PushedBlobs pushed = new PushedBlobs();

  ImageExporter(ExportParts parts, BlobTransfer transfer) {
    this.parts = parts;
    this.images = new ImageMaking(parts);
    this.transfer = transfer;
  }

  @Override
  public String type() {
    return "image";
  }

  @Override
  public PreparedExport prepare(Order order) throws SlipwayException {
    Attributes given = new Attributes(order.attributes());
    Where where =
        new Where(
            given.flag("push", false),
            given.flag("push-by-digest", false),
            given.flag("registry.insecure", false),
            given.text("dangling-name-prefix").orElse(""),
            given.flag("danging-name-empty-only", false));
    for (String store : OF_STORES) {
      given.flag(store, true);
    }
    Export export =
        new Export(order.id(), where, ImageAttributes.parse(type(), given, order.compatibility()));
    export.references(export.named());
    return export;
  }

  /**
   * @param danglingPrefix begins another name, which ends in the image's digest
   * @param danglingAlone whether it is only for images that have no other name
   */
  private record Where(
      boolean push,
      boolean byDigest,
      boolean insecure,
      String danglingPrefix,
      boolean danglingAlone) {}

  private final class Export implements PreparedExport {
    private final int id;
    private final Where where;
    private final ImageAttributes attributes;

    Export(int id, Where where, ImageAttributes attributes) {
      this.id = id;
      this.where = where;
      this.attributes = attributes;
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public String title() {
      return "exporting to image";
    }

    @Override
    public boolean pushes() {
      return where.push();
    }

    /** The names that are known before there is a result. */
    List<String> named() {
      return attributes.names(new ExportSource(List.of(), Map.of()));
    }

    @Override
    public void check(Rights rights) throws SlipwayException {
      checkPush(rights, references(named()));
    }

    private void checkPush(Rights rights, List<ImageReference> names) throws SlipwayException {
      if (where.push()) {
        for (ImageReference name : names) {
          rights.checkPush(name);
        }
      }
    }

    /** The names as references, with a tag unless they are pushed by digest. */
    List<ImageReference> references(List<String> names) throws SlipwayException {
      List<ImageReference> references = new ArrayList<>();
      for (String name : names) {
        ImageReference written = reference(name, false);
        if (where.byDigest() && written.tag().isPresent()) {
          throw new SlipwayException(
              ErrorKind.INVALID, "can't push tagged ref " + written + " by digest");
        }
        references.add(where.byDigest() ? written : reference(name, true));
      }
      return references;
    }

    @Override
    public Map<String, String> run(ExportSource given, BuildContext build, ExportProgress progress)
        throws SlipwayException, InterruptedException {
      ExportSource source = given.with(attributes.metadata());
      List<ImageReference> names = references(attributes.names(source));
      if (where.push() && names.isEmpty()) {
        throw new SlipwayException(
            ErrorKind.INVALID, "push needs a name: set the exporter's attribute name");
      }
      checkPush(build.rights(), names);
      LayerPlan plan = images.plan(attributes, source);
      BlobMaking making = new BlobMaking(parts, build, progress);
      List<Target> targets = new ArrayList<>();
      Map<PackedLayer, Blob> blobs = new LinkedHashMap<>();
      if (where.push()) {
        LayerPush push = push(build, making);
        for (List<ImageReference> sameRepository : byRepository(names)) {
          targets.add(pushLayers(push, sameRepository, plan, blobs, progress));
        }
      } else {
        blobs.putAll(progress.during("exporting layers", () -> images.blobs(plan, making)));
      }
      Assembled image = images.assemble(attributes, source, plan, blobs);
      ImageMaking.mention(image, progress);
      if (!where.byDigest()) {
        names.forEach(name -> progress.mention("naming to " + name));
      }
      for (Target target : targets) {
        pushDocuments(target, image, progress);
      }
      Descriptor root = image.root().descriptor();
      return ImageMaking.response(image, root, shownNames(source, root.digest()));
    }

    /** As the client wrote them. */
    private String shownNames(ExportSource source, Digest digest) {
      String names =
          attributes.name().equals("*")
              ? String.join(",", attributes.names(source))
              : attributes.name();
      boolean dangling =
          !where.danglingPrefix().isEmpty() && (!where.danglingAlone() || names.isEmpty());
      if (!dangling) {
        return names;
      }
      return (names.isEmpty() ? "" : names + ",") + where.danglingPrefix() + "@" + digest;
    }

    private Target pushLayers(
        LayerPush push,
        List<ImageReference> names,
        LayerPlan plan,
        Map<PackedLayer, Blob> blobs,
        ExportProgress progress)
        throws SlipwayException, InterruptedException {
      ImageReference name = names.getFirst();
      Map<Optional<Packing>, List<String>> layers = ImageMaking.byPacking(plan.layers());
      try {
        PushAccess access =
            push.access(name, where.insecure(), layers.getOrDefault(Optional.empty(), List.of()));
        Repository repository = parts.registries().open(access);
        blobs.putAll(
            progress.during(
                "exporting layers",
                () ->
                    progress.during(
                        "pushing layers", () -> push(push, access, repository, layers))));
        return new Target(names, repository, where.byDigest());
      } catch (SlipwayException e) {
        throw failedPush(name, e);
      }
    }
  }

  private LayerPush push(BuildContext build, BlobMaking making)
      throws SlipwayException, InterruptedException {
    Authenticator authenticator =
        build.sessionId().isEmpty()
            ? Authenticator.ANONYMOUS
            : parts
                .sessions()
                .await(build.rights().principal(), build.sessionId(), SESSION_PATIENCE)
                .authenticator();
    return new LayerPush(
        parts,
        authenticator,
        making,
        new BlobRelay(parts, authenticator, making, transfer),
        pushed);
  }

  private static Map<PackedLayer, Blob> push(
      LayerPush push,
      PushAccess access,
      Repository repository,
      Map<Optional<Packing>, List<String>> layers)
      throws SlipwayException, InterruptedException {
    Map<PackedLayer, Blob> blobs = new LinkedHashMap<>();
    for (Map.Entry<Optional<Packing>, List<String>> group : layers.entrySet()) {
      Optional<Packing> packing = group.getKey();
      Map<String, Blob> there =
          packing.isPresent()
              ? push.pushPacked(access, repository, group.getValue(), packing.get())
              : push.push(access, repository, group.getValue());
      there.forEach((layer, blob) -> blobs.put(new PackedLayer(layer, packing), blob));
    }
    return blobs;
  }

  private static ImageReference reference(String name, boolean tagged) throws SlipwayException {
    try {
      return tagged ? ImageReference.parse(name) : ImageReference.parseAsWritten(name);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "failed to parse " + name + ": " + e.getMessage(), e);
    }
  }

  private static SlipwayException failedPush(ImageReference name, SlipwayException e) {
    return new SlipwayException(e.kind(), "failed to push " + name + ": " + e.getMessage(), e);
  }

  /** Bottom up: what points at something comes after it. */
  private static void pushDocuments(Target target, Assembled image, ExportProgress progress)
      throws SlipwayException, InterruptedException {
    ImageReference name = target.names().getFirst();
    try {
      Parallel.map(image.images(), one -> target.repository().pushBlob(one.config().content()));
      if (image.index().isPresent()) {
        Parallel.map(
            image.images(), one -> pushManifest(target, name, one.manifest(), progress, false));
      }
      for (ImageReference tagged : target.names()) {
        pushManifest(
            target, tagged, image.root(), progress, !target.byDigest() && tagged.tag().isPresent());
      }
    } catch (SlipwayException e) {
      throw failedPush(name, e);
    }
  }

  private static Descriptor pushManifest(
      Target target, ImageReference name, Document manifest, ExportProgress progress, boolean byTag)
      throws SlipwayException, InterruptedException {
    Descriptor descriptor = manifest.descriptor();
    String object = byTag ? name.tag().orElseThrow() : descriptor.digest().value();
    String shown =
        name.withoutTagAndDigest()
            + name.tag().map(tag -> ":" + tag).orElse("")
            + "@"
            + descriptor.digest();
    return progress.during(
        "pushing manifest for " + shown,
        () -> target.repository().pushManifest(object, descriptor.mediaType(), manifest.content()));
  }

  private static List<List<ImageReference>> byRepository(List<ImageReference> names) {
    Map<String, List<ImageReference>> grouped = new LinkedHashMap<>();
    names.forEach(name -> grouped.computeIfAbsent(name.name(), _ -> new ArrayList<>()).add(name));
    return List.copyOf(grouped.values());
  }

  /**
   * @param names tags in the same repository
   */
  private record Target(List<ImageReference> names, Repository repository, boolean byDigest) {}
}
