package dev.slipway.frontend.gateway;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.oci.Platform;
import dev.slipway.registry.Authenticator;

/** Asks registries what an image name means now. Blocking. @ThreadSafe */
@FunctionalInterface
public interface ImageResolver {
  /**
   * Resolves the image.
   *
   * @param reference normalised
   * @throws SlipwayException NOT_FOUND when the registry has no such image, or none for the
   *     platform
   */
  ResolvedImage resolve(String reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException;
}
