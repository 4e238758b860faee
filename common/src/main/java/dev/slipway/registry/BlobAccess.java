package dev.slipway.registry;

import dev.slipway.oci.Digest;
import java.net.URI;
import java.util.List;

/**
 * What a worker needs to read or write the blobs of one repository without knowing any credentials.
 * Tokens in it live for minutes: ask again for each use.
 *
 * @param sites where to read, in order; exactly one to write
 */
public record BlobAccess(List<Site> sites) {
  public BlobAccess {
    sites = List.copyOf(sites);
  }

  /**
   * Whether a worker can use no site, because all want credentials: the coordinator must pass the
   * bytes on itself.
   */
  public boolean onlyBasic() {
    return sites.stream().allMatch(Site::basic);
  }

  /** The sites that a worker can use. */
  public List<Site> forWorkers() {
    return sites.stream().filter(site -> !site.basic()).toList();
  }

  /**
   * One server.
   *
   * @param registryUrl {@code https://host[:port]}
   * @param repository path at the server
   * @param query of reads: {@code ?ns=docker.io} at a mirror, else empty
   * @param authorization value of the Authorization header, empty = none
   * @param basic whether it wants Basic credentials, which stay here
   * @param insecureTls https without verification
   */
  public record Site(
      URI registryUrl,
      String repository,
      String query,
      String authorization,
      boolean basic,
      boolean insecureTls) {
    public URI blobUrl(Digest digest) {
      return URI.create(registryUrl + "/v2/" + repository + "/blobs/" + digest + query);
    }

    @Override
    public String toString() {
      return registryUrl + "/v2/" + repository;
    }
  }
}
