package dev.slipway.fetch.blob;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.Requester;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.RegistryClient;
import dev.slipway.session.ClientContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Opens blobs by digest, of registries and of clients' stores. @ThreadSafe */
public final class Blobs {
  public static final String REGISTRY = "docker-image+blob";
  public static final String LAYOUT = "oci-layout+blob";

  private static final long UNKNOWN_SIZE = -1;

  private final RegistryClient registries;

  public Blobs(RegistryClient registries) {
    this.registries = registries;
  }

  /**
   * Where a blob is.
   *
   * @param scheme {@link #REGISTRY} or {@link #LAYOUT}
   * @param name repository, or what the layout is called
   * @param session of the client that serves the store; empty = the build's
   * @param store its id
   */
  public record Place(String scheme, String name, Digest digest, String session, String store) {
    /** Reads a blob source. @throws SlipwayException INVALID when it names no blob */
    public static Place of(Op.Source source) throws SlipwayException {
      return of(source.identifier(), source.attributes());
    }

    /** Reads {@code scheme://name@digest}. */
    public static Place of(String identifier, Map<String, String> attributes)
        throws SlipwayException {
      int end = identifier.indexOf("://");
      int at = identifier.lastIndexOf('@');
      if (end < 0 || at < end || !Digest.isDigest(identifier.substring(at + 1))) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "blob source " + identifier + ": invalid reference digest, name@sha256:… is known");
      }
      String scheme = identifier.substring(0, end);
      String store = attributes.getOrDefault("oci.store", "");
      if (scheme.equals(LAYOUT) && store.isEmpty()) {
        throw new SlipwayException(ErrorKind.INVALID, "oci-layout blob source requires store id");
      }
      return new Place(
          scheme,
          identifier.substring(end + 3, at),
          new Digest(identifier.substring(at + 1)),
          attributes.getOrDefault("oci.session", ""),
          store);
    }

    @Override
    public String toString() {
      return scheme + "://" + name + "@" + digest + (store.isEmpty() ? "" : " of store " + store);
    }
  }

  /** Opens the blob; who reads it checks its digest. */
  public InputStream open(Place place, Requester requester)
      throws SlipwayException, InterruptedException {
    if (place.scheme().equals(LAYOUT)) {
      return new ClientContent(
              requester.session(place.session(), "reading " + place), "oci:" + place.store())
          .open(place.digest());
    }
    ImageReference repository;
    try {
      repository = ImageReference.parse(place.name()).withDigest(place.digest());
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "blob source " + place + ": " + e.getMessage(), e);
    }
    requester.rights().checkPull(repository);
    return registries.fetchBlob(
        repository, place.digest(), UNKNOWN_SIZE, requester.authenticator(), _ -> {});
  }

  /** What a stream that failed means. */
  public static SlipwayException broken(Place place, IOException e) {
    return e.getCause() instanceof SlipwayException known
        ? known
        : new SlipwayException(
            ErrorKind.UNAVAILABLE, "reading " + place + " failed: " + e.getMessage(), e);
  }
}
