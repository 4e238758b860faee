package dev.slipway.solve;

import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import java.util.List;

/** What the solver asks of registries. Blocking. @ThreadSafe */
public interface ImageLookup {
  /**
   * Returns the digest that the reference has now: of the index when the image is a multi-platform
   * one.
   */
  Digest digest(ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException;

  /** Returns the layers of the platform's image, lowest first, each with its blob and origin. */
  List<LayerRecord> layers(ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException;

  /**
   * Returns the places to download a blob of the repository from, with tokens a worker may have.
   */
  List<BlobSource> pullSources(String repository, Digest blob, Authenticator authenticator)
      throws SlipwayException, InterruptedException;
}
