package dev.slipway.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ChainId;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import dev.slipway.oci.PlatformMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Follows a reference to a platform's manifest and configuration. Keeps small immutable documents
 * in memory. @ThreadSafe
 */
final class ImageResolver {
  /** Ten times that of any image seen. As a tree it takes ten times its bytes. */
  private static final int LARGEST_CONFIG = 2 * 1024 * 1024;

  /** What the kernel stacks: OVL_MAX_STACK, less the empty layer and the step's own. */
  private static final int MOST_LAYERS = 498;

  /** All kept documents together; a manifest with its configuration has some 10 KiB. */
  private static final long MOST_KEPT_BYTES = 32L * 1024 * 1024;

  private final Opener opener;
  private final Retries rounds;

  /** Guarded by itself. Least recently used first. */
  private final Map<Digest, Manifests.Document> kept = new LinkedHashMap<>(16, 0.75f, true);

  private long keptBytes; // guarded by kept

  /**
   * @param rounds over all servers of a host, as long as one of them fails for now
   */
  ImageResolver(Opener opener, Retries rounds) {
    this.opener = opener;
    this.rounds = rounds;
  }

  ResolvedImage resolve(ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    Retries.Pace pace = rounds.pace();
    while (true) {
      List<RegistryClient.OpenForReading> servers = opener.open(reference, authenticator);
      List<SlipwayException> answers = new ArrayList<>();
      List<SlipwayException> silences = new ArrayList<>();
      for (RegistryClient.OpenForReading server : servers) {
        try {
          return resolveAt(server, reference, platform);
        } catch (SlipwayException e) {
          (e.kind() == ErrorKind.UNAVAILABLE ? silences : answers).add(e);
        }
      }
      SlipwayException failure = explain(reference, answers, silences);
      // One server has had all its attempts already.
      if (silences.isEmpty() || servers.size() == 1 || !pace.another(silences.getLast())) {
        throw failure;
      }
    }
  }

  /** A mirror's answer says more than the silence of the host behind it. */
  private static SlipwayException explain(
      ImageReference reference, List<SlipwayException> answers, List<SlipwayException> silences) {
    List<SlipwayException> rest = new ArrayList<>(silences);
    SlipwayException last = answers.isEmpty() ? rest.removeLast() : answers.getLast();
    SlipwayException explained = explain(reference, last);
    if (rest.isEmpty()) {
      return explained;
    }
    return new SlipwayException(
        explained.kind(),
        explained.getMessage()
            + rest.stream()
                .map(SlipwayException::getMessage)
                .collect(Collectors.joining("; and ", " (and ", ")")),
        explained);
  }

  /** In the words that Docker's users search the web for. */
  private static SlipwayException explain(ImageReference reference, SlipwayException e) {
    String failed = "failed to resolve source metadata for " + reference + ": ";
    if (e instanceof RegistryException answer && answer.status() == 404) {
      return new SlipwayException(ErrorKind.NOT_FOUND, failed + reference + ": not found", e);
    }
    if (e instanceof RegistryException answer
        && (answer.status() == 401 || answer.status() == 403)) {
      String server =
          String.join(
              "; ",
              answer.diagnostics().stream().map(RegistryException.Diagnostic::toString).toList());
      return new SlipwayException(
          ErrorKind.DENIED,
          failed
              + "pull access denied, repository does not exist or may require authorization: server message: "
              + (server.isEmpty() ? answer.status() + " at " + answer.url() : server),
          e);
    }
    return new SlipwayException(e.kind(), failed + e.getMessage(), e);
  }

  private ResolvedImage resolveAt(
      RegistryClient.OpenForReading server, ImageReference reference, Platform platform)
      throws SlipwayException, InterruptedException {
    Manifests manifests = server.manifests(reference);
    Manifests.Document root = manifests.get(reference.object());
    Manifests.Document document = root;
    // An index may list indexes; deeper nesting than this is nobody's image.
    for (int depth = 0; depth < 3 && MediaTypes.isIndex(mediaType(document)); depth++) {
      Digest parent = document.digest();
      Descriptor chosen =
          PlatformMatcher.choose(OciJson.index(document.content()).manifests(), platform)
              .orElseThrow(() ->
                  new SlipwayException(
                      ErrorKind.NOT_FOUND,
                      "no match for platform in manifest "
                          + parent
                          + ": not found (wanted "
                          + platform
                          + ")"));
      document = keptOr(chosen.digest(), () -> manifests.get(chosen.digest().value()));
    }
    String mediaType = mediaType(document);
    if (!MediaTypes.isManifest(mediaType)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "manifest of media type \"" + mediaType + "\" is not supported yet");
    }
    Manifest manifest = OciJson.manifest(document.content());
    byte[] config =
        keptOr(
                manifest.config().digest(),
                () ->
                    new Manifests.Document(
                        manifest.config().mediaType(),
                        manifest.config().digest(),
                        server.document(reference, manifest.config().digest(), LARGEST_CONFIG)))
            .content();
    return new ResolvedImage(
        reference,
        new Descriptor(mediaType(root), root.digest(), root.content().length),
        new Descriptor(mediaType, document.digest(), document.content().length),
        manifest,
        config,
        layers(reference, manifest, config));
  }

  private static List<ResolvedImage.Layer> layers(
      ImageReference reference, Manifest manifest, byte[] config) throws SlipwayException {
    List<Digest> diffIds = ImageConfig.parse(config).diffIds();
    List<Descriptor> blobs = manifest.layers();
    if (diffIds.size() != blobs.size()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          reference
              + " is not a container image: it has "
              + blobs.size()
              + " layers and "
              + diffIds.size()
              + " diff ids");
    }
    if (blobs.size() > MOST_LAYERS) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          reference
              + " has "
              + blobs.size()
              + " layers, at most "
              + MOST_LAYERS
              + " can be stacked");
    }
    List<Digest> chainIds = ChainId.of(diffIds);
    List<ResolvedImage.Layer> layers = new ArrayList<>();
    for (int i = 0; i < blobs.size(); i++) {
      if (!MediaTypes.isLayer(blobs.get(i).mediaType())) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            reference
                + " has a layer of media type \""
                + blobs.get(i).mediaType()
                + "\", which is not supported yet");
      }
      layers.add(new ResolvedImage.Layer(blobs.get(i), diffIds.get(i), chainIds.get(i)));
    }
    return layers;
  }

  /**
   * The header's word, unless it is general; then what the document says of itself, then its shape.
   */
  private static String mediaType(Manifests.Document document) throws SlipwayException {
    if (MediaTypes.isIndex(document.mediaType()) || MediaTypes.isManifest(document.mediaType())) {
      return document.mediaType();
    }
    JsonNode tree = OciJson.tree(document.content());
    String own = tree.path("mediaType").asText("");
    if (!own.isEmpty()) {
      return own;
    }
    return tree.has("manifests")
        ? MediaTypes.OCI_INDEX
        : tree.has("config") ? MediaTypes.OCI_MANIFEST : document.mediaType();
  }

  private Manifests.Document keptOr(Digest digest, Fetch fetch)
      throws SlipwayException, InterruptedException {
    synchronized (kept) {
      Optional<Manifests.Document> document = Optional.ofNullable(kept.get(digest));
      if (document.isPresent()) {
        return document.get();
      }
    }
    Manifests.Document fresh = fetch.fetch();
    synchronized (kept) {
      if (kept.put(digest, fresh) == null) {
        keptBytes += fresh.content().length;
      }
      while (keptBytes > MOST_KEPT_BYTES && kept.size() > 1) {
        Digest oldest = kept.keySet().iterator().next();
        keptBytes -= kept.remove(oldest).content().length;
      }
    }
    return fresh;
  }

  private interface Fetch {
    Manifests.Document fetch() throws SlipwayException, InterruptedException;
  }

  /** Opens the servers of a registry host, in the order to be asked. */
  interface Opener {
    List<RegistryClient.OpenForReading> open(ImageReference name, Authenticator authenticator)
        throws SlipwayException, InterruptedException;
  }
}
