package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import java.io.InputStream;

/**
 * Passes blobs on to workers when their registry takes credentials only, which never leave the
 * coordinator, or when only the build's client has them. @ThreadSafe
 */
public interface BlobOffers {
  /** Where there is nobody to offer anything to. */
  BlobOffers NONE =
      new BlobOffers() {
        @Override
        public BlobSource offer(
            ImageReference repository, Digest blob, Authenticator authenticator) {
          throw new IllegalStateException("blobs are not offered here");
        }

        @Override
        public BlobSource offer(Opening blob) {
          throw new IllegalStateException("blobs are not offered here");
        }
      };

  /** Returns a place at this coordinator where a worker gets the blob for a while. */
  BlobSource offer(ImageReference repository, Digest blob, Authenticator authenticator);

  /** Returns a place at this coordinator where a worker gets what this opens. */
  BlobSource offer(Opening blob);

  /** Opens a blob, each time anew. */
  @FunctionalInterface
  interface Opening {
    InputStream open() throws SlipwayException, InterruptedException;
  }
}
