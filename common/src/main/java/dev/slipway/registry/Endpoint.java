package dev.slipway.registry;

import java.net.URI;

/**
 * One server that is asked for the images of a registry host: the host itself or a mirror of it.
 *
 * @param host the server's name, for credentials and messages: {@code registry-1.docker.io}
 * @param url {@code https://host[:port]}
 * @param prefix path before the repository, as {@code /cache}; empty = none
 * @param namespace the registry host that a mirror stands in for; empty at the host itself
 * @param insecureTls https without verification
 */
record Endpoint(String host, URI url, String prefix, String namespace, boolean insecureTls) {
  boolean mirror() {
    return !namespace.isEmpty();
  }

  /** {@code name=} of the repository at this server, as it is used in scopes and paths. */
  String path(String repository) {
    return prefix.isEmpty() ? repository : prefix.substring(1) + "/" + repository;
  }

  RepositoryUrls urls(String repository) {
    return new RepositoryUrls(url + "/v2/" + path(repository), mirror() ? "?ns=" + namespace : "");
  }

  URI apiRoot() {
    return URI.create(url + "/v2/");
  }
}
