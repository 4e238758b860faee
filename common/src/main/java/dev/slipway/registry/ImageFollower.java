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
import java.util.List;

/** Goes from an image's root document to a platform's manifest, configuration and layers. */
public final class ImageFollower {
  /** What the kernel stacks: OVL_MAX_STACK, less the empty layer and the step's own. */
  private static final int MOST_LAYERS = 498;

  /** An index may list indexes; deeper nesting than this is nobody's image. */
  private static final int DEEPEST_INDEX = 3;

  private final ImageDocuments documents;

  public ImageFollower(ImageDocuments documents) {
    this.documents = documents;
  }

  /**
   * Returns the platform's image.
   *
   * @param reference what was asked for, for errors and the result
   * @throws SlipwayException NOT_FOUND when there is none for the platform, INVALID when it is no
   *     container image
   */
  public ResolvedImage follow(ImageReference reference, Platform platform)
      throws SlipwayException, InterruptedException {
    ImageDocuments.Document root = documents.root();
    ImageDocuments.Document document = root;
    for (int depth = 0; depth < DEEPEST_INDEX && MediaTypes.isIndex(mediaType(document)); depth++) {
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
      document = documents.manifest(chosen.digest());
    }
    String mediaType = mediaType(document);
    if (!MediaTypes.isManifest(mediaType)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "manifest of media type \"" + mediaType + "\" is not supported yet");
    }
    Manifest manifest = OciJson.manifest(document.content());
    byte[] config = documents.config(manifest.config());
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
   * The keeper's word, unless it is general; then what the document says of itself, then its shape.
   */
  private static String mediaType(ImageDocuments.Document document) throws SlipwayException {
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
}
