package dev.slipway.solve;

import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;

/**
 * Passes blobs on to workers when their registry takes credentials only, which never leave the
 * coordinator. @ThreadSafe
 */
public interface BlobOffers {
  /** Returns a place at this coordinator where a worker gets the blob for a while. */
  BlobSource offer(ImageReference repository, Digest blob, Authenticator authenticator);
}
