package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageAssembly.Assembled;
import dev.slipway.export.ImageAssembly.Document;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RegistryClient.PushAccess;
import dev.slipway.registry.Repository;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.Parallel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Exports images from a farm: layers go from the workers to the registry, everything else from
 * here. @ThreadSafe
 */
public final class FarmImageExporter implements ImageExporter, AutoCloseable {
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private final ExportParts parts;
  private final BlobTransfer transfer;
  private final PushedBlobs pushed = new PushedBlobs();

  public FarmImageExporter(ExportParts parts) {
    this.parts = parts;
    this.transfer = new BlobTransfer(RetryPolicy.DEFAULT, Optional.empty(), parts.tls());
  }

  @Override
  public Map<String, String> export(Request request, BuildContext build)
      throws SlipwayException, InterruptedException {
    if (!request.type().equals("image")) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "exporter type "
              + request.type()
              + " is not supported yet: use type=image with push=true");
    }
    ExportAttributes attributes = ExportAttributes.parse(request.attributes());
    String owner = build.sessionId().isEmpty() ? build.buildId() : build.sessionId();
    ExportProgress progress =
        new ExportProgress(build.progress(), parts.clock(), owner + "-export-" + request.index());
    String failure = "context canceled";
    try {
      Map<String, String> response = export(request, attributes, build, progress);
      failure = "";
      return response;
    } catch (SlipwayException e) {
      failure = e.getMessage();
      throw e;
    } finally {
      if (failure.isEmpty()) {
        progress.completed();
      } else {
        progress.failed(failure);
      }
    }
  }

  @Override
  public void check(Map<String, String> attributes, Rights rights) throws SlipwayException {
    ExportAttributes parsed = ExportAttributes.parse(attributes);
    check(parsed, parsed.references(Optional.empty()), rights);
  }

  private static void check(ExportAttributes attributes, List<ImageReference> names, Rights rights)
      throws SlipwayException {
    if (attributes.push()) {
      for (ImageReference name : names) {
        rights.checkPush(name);
      }
    }
  }

  private Map<String, String> export(
      Request request, ExportAttributes attributes, BuildContext build, ExportProgress progress)
      throws SlipwayException, InterruptedException {
    Map<String, byte[]> metadata = new HashMap<>(request.metadata());
    metadata.putAll(attributes.metadata());
    List<ImageReference> names =
        attributes.references(
            Optional.ofNullable(metadata.get("image.name"))
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)));
    if (attributes.push() && names.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "push needs a name: set the exporter's attribute name");
    }
    check(attributes, names, build.rights());
    Set<String> layers = new LinkedHashSet<>();
    request
        .results()
        .forEach(
            result -> result.result().ifPresent(solved -> layers.addAll(solved.chain().layers())));
    BlobMaking making = new BlobMaking(parts, build, progress);
    List<Target> targets = new ArrayList<>();
    Map<String, Blob> blobs = new LinkedHashMap<>();
    if (attributes.push()) {
      Authenticator authenticator = authenticator(build);
      LayerPush push =
          new LayerPush(
              parts,
              authenticator,
              making,
              new BlobRelay(parts, authenticator, making, transfer),
              pushed);
      for (List<ImageReference> sameRepository : byRepository(names)) {
        targets.add(pushLayers(push, sameRepository, attributes, layers, blobs, progress));
      }
    } else {
      blobs.putAll(
          progress.during("exporting layers", () -> LayerPush.makeOnly(parts, making, layers)));
    }
    Assembled image =
        new ImageAssembly(attributes, metadata, defaultPlatform())
            .assemble(request.results(), blobs, times(layers));
    mention(image, names, attributes, progress);
    for (Target target : targets) {
      pushDocuments(target, image, progress);
    }
    return response(image, names, request.attributes().getOrDefault("name", ""));
  }

  private Target pushLayers(
      LayerPush push,
      List<ImageReference> names,
      ExportAttributes attributes,
      Collection<String> layers,
      Map<String, Blob> blobs,
      ExportProgress progress)
      throws SlipwayException, InterruptedException {
    ImageReference name = names.getFirst();
    try {
      PushAccess access = push.access(name, attributes.insecure(), layers);
      Repository repository = parts.registries().open(access);
      blobs.putAll(
          progress.during(
              "exporting layers",
              () ->
                  progress.during("pushing layers", () -> push.push(access, repository, layers))));
      return new Target(names, repository, attributes.pushByDigest());
    } catch (SlipwayException e) {
      throw failedPush(name, e);
    }
  }

  private static SlipwayException failedPush(ImageReference name, SlipwayException e) {
    return new SlipwayException(e.kind(), "failed to push " + name + ": " + e.getMessage(), e);
  }

  /** Bottom up: what points at something comes after it. */
  private void pushDocuments(Target target, Assembled image, ExportProgress progress)
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

  private static void mention(
      Assembled image,
      List<ImageReference> names,
      ExportAttributes attributes,
      ExportProgress progress) {
    image
        .images()
        .forEach(one -> {
          progress.mention("exporting manifest " + one.manifest().descriptor().digest());
          progress.mention("exporting config " + one.config().descriptor().digest());
        });
    image
        .index()
        .ifPresent(
            index -> progress.mention("exporting manifest list " + index.descriptor().digest()));
    if (!attributes.pushByDigest()) {
      names.forEach(name -> progress.mention("naming to " + name));
    }
  }

  private static List<List<ImageReference>> byRepository(List<ImageReference> names) {
    Map<String, List<ImageReference>> grouped = new LinkedHashMap<>();
    names.forEach(name -> grouped.computeIfAbsent(name.name(), _ -> new ArrayList<>()).add(name));
    return List.copyOf(grouped.values());
  }

  private Authenticator authenticator(BuildContext build)
      throws SlipwayException, InterruptedException {
    return build.sessionId().isEmpty()
        ? Authenticator.ANONYMOUS
        : parts
            .sessions()
            .await(build.rights().principal(), build.sessionId(), SESSION_PATIENCE)
            .authenticator();
  }

  private Platform defaultPlatform() {
    return parts.fleet().workers().stream()
        .flatMap(worker -> worker.nativePlatforms().stream())
        .findFirst()
        .orElse(Platform.LINUX_AMD64);
  }

  /**
   * When each layer was first exported: the index keeps it, so that the same layers give the same
   * image the next time.
   */
  private Map<String, Instant> times(Collection<String> layers) {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    List<String> untimed =
        layers.stream()
            .filter(layer -> !known.containsKey(layer) || known.get(layer).createdAt().isEmpty())
            .toList();
    Map<String, LayerRecord> now = new HashMap<>(known);
    Instant instant = parts.clock().instant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    if (!untimed.isEmpty()) {
      parts
          .index()
          .learn(
              untimed.stream()
                  .map(layer ->
                      new LayerRecord(
                          layer,
                          0,
                          Optional.empty(),
                          Optional.empty(),
                          Set.of(),
                          Optional.of(instant)))
                  .toList());
      now.putAll(parts.index().layers(untimed));
    }
    Map<String, Instant> times = new HashMap<>();
    for (String layer : layers) {
      times.put(
          layer,
          Optional.ofNullable(now.get(layer)).flatMap(LayerRecord::createdAt).orElse(instant));
    }
    return times;
  }

  private static Map<String, String> response(
      Assembled image, List<ImageReference> names, String nameAttribute) {
    Map<String, String> response = new TreeMap<>();
    Descriptor root = image.root().descriptor();
    response.put("containerimage.digest", root.digest().value());
    response.put(
        "containerimage.descriptor", Base64.getEncoder().encodeToString(OciJson.compact(root)));
    if (image.index().isEmpty()) {
      response.put(
          "containerimage.config.digest",
          image.images().getFirst().config().descriptor().digest().value());
    }
    if (!names.isEmpty()) {
      boolean written = !nameAttribute.contains("*");
      response.put(
          "image.name",
          written
              ? nameAttribute
              : String.join(",", names.stream().map(ImageReference::toString).toList()));
    }
    return response;
  }

  @Override
  public void close() {
    transfer.close();
  }

  /**
   * @param names tags in the same repository
   */
  private record Target(List<ImageReference> names, Repository repository, boolean byDigest) {}
}
