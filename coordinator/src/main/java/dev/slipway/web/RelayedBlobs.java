package dev.slipway.web;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.RegistryClient;
import dev.slipway.solve.BlobOffers;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Blobs of registries with Basic authentication, and of clients' OCI layouts, offered to workers
 * under random names. @ThreadSafe
 */
public final class RelayedBlobs implements BlobOffers {
  /** Offers kept: far more than layers in all running builds; the oldest is forgotten first. */
  private static final int MAX_OFFERS = 10_000;

  private static final long UNKNOWN_SIZE = -1;

  private final RegistryClient registries;
  private final Supplier<String> baseUrl;
  private final Function<String, String> capability;

  // Guarded by this.
  private final Map<String, Opening> offers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Opening> eldest) {
          return size() > MAX_OFFERS;
        }
      };

  /**
   * @param baseUrl {@code http://host:port} of this coordinator as workers reach it
   * @param capability makes the token for a resource
   */
  public RelayedBlobs(
      RegistryClient registries, Supplier<String> baseUrl, Function<String, String> capability) {
    this.registries = registries;
    this.baseUrl = baseUrl;
    this.capability = capability;
  }

  @Override
  public BlobSource offer(ImageReference repository, Digest blob, Authenticator authenticator) {
    return offer(
        () -> registries.fetchBlob(repository, blob, UNKNOWN_SIZE, authenticator, _ -> {}));
  }

  @Override
  public BlobSource offer(Opening blob) {
    String resource = "relay/" + UUID.randomUUID();
    synchronized (this) {
      offers.put(resource, blob);
    }
    return BlobSource.newBuilder()
        .setUrl(baseUrl.get() + "/" + resource)
        .setAuthorization("Bearer " + capability.apply(resource))
        .build();
  }

  /**
   * Opens the blob behind a resource.
   *
   * @throws SlipwayException NOT_FOUND when nothing is offered there, else what the registry
   *     answered
   */
  InputStream open(String resource) throws SlipwayException, InterruptedException {
    Opening offer;
    synchronized (this) {
      offer = offers.get(resource);
    }
    if (offer == null) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "no blob is offered at " + resource);
    }
    return offer.open();
  }
}
