package dev.slipway.registry;

import dev.slipway.oci.Digest;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * URLs of one repository. OCI distribution-spec v1.1, Endpoints.
 *
 * @param base {@code https://host/v2/name}
 * @param query added to reads: {@code ?ns=docker.io} at a mirror, else empty
 */
record RepositoryUrls(String base, String query) {
  static RepositoryUrls of(URI registryUrl, String repository) {
    String root = registryUrl.toString();
    return new RepositoryUrls(
        (root.endsWith("/") ? root.substring(0, root.length() - 1) : root) + "/v2/" + repository,
        "");
  }

  URI blob(Digest digest) {
    return URI.create(base + "/blobs/" + digest + query);
  }

  URI manifest(String tagOrDigest) {
    return URI.create(base + "/manifests/" + tagOrDigest + query);
  }

  URI uploads() {
    return URI.create(base + "/blobs/uploads/");
  }

  URI mount(Digest digest, String fromRepository) {
    return URI.create(
        base
            + "/blobs/uploads/?mount="
            + digest
            + "&from="
            + URLEncoder.encode(fromRepository, StandardCharsets.UTF_8));
  }
}
