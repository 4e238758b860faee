package dev.slipway.registry;

import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Manifest;
import java.util.List;

/**
 * An image of a registry, for one platform.
 *
 * @param reference what was asked for
 * @param root the index, or the manifest when there is no index
 * @param manifestDescriptor the manifest of the platform
 * @param config the configuration's own bytes
 * @param layers lowest first
 */
public record ResolvedImage(
    ImageReference reference,
    Descriptor root,
    Descriptor manifestDescriptor,
    Manifest manifest,
    byte[] config,
    List<Layer> layers) {
  public ResolvedImage {
    layers = List.copyOf(layers);
  }

  /** Where its blobs are: {@code docker.io/library/alpine}, whether or not a mirror answered. */
  public String repository() {
    return reference.name();
  }

  /**
   * A layer of the image.
   *
   * @param chainId names the stack up to and including it
   */
  public record Layer(Descriptor blob, Digest diffId, Digest chainId) {}
}
