package dev.slipway.registry;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Optional;

/**
 * Manifests and indexes of one repository. OCI distribution-spec v1.1, Pulling and Pushing
 * manifests. @ThreadSafe
 */
final class Manifests {
  /** The specification asks registries for at least 4 MiB. */
  private static final int LARGEST = 8 * 1024 * 1024;

  private static final String ACCEPT =
      String.join(
          ", ",
          MediaTypes.OCI_INDEX,
          MediaTypes.DOCKER_INDEX,
          MediaTypes.OCI_MANIFEST,
          MediaTypes.DOCKER_MANIFEST);

  private final RegistryTransport transport;
  private final Retries retries;
  private final RegistryTransport.Peer peer;
  private final RepositoryUrls urls;
  private final String name;

  Manifests(
      RegistryTransport transport,
      Retries retries,
      RegistryTransport.Peer peer,
      RepositoryUrls urls,
      String name) {
    this.transport = transport;
    this.retries = retries;
    this.peer = peer;
    this.urls = urls;
    this.name = name;
  }

  /** Returns the document, verified against the digest if it was asked for by digest. */
  Document get(String tagOrDigest) throws SlipwayException, InterruptedException {
    String what =
        "request of manifest " + name + (tagOrDigest.contains(":") ? "@" : ":") + tagOrDigest;
    return retries.run(
        what,
        host(),
        () -> {
          HttpResponse<InputStream> response =
              transport.send(
                  to ->
                      HttpRequest.newBuilder(to.orElse(urls.manifest(tagOrDigest)))
                          .setHeader("Accept", ACCEPT)
                          .GET(),
                  peer,
                  RegistryTransport.NOTHING_MOVES);
          if (response.statusCode() != 200) {
            throw RegistryException.of(what, response);
          }
          String mediaType =
              response
                  .headers()
                  .firstValue("content-type")
                  .map(Manifests::withoutParameters)
                  .orElse("");
          return document(what, tagOrDigest, mediaType, Bodies.read(response, LARGEST, what));
        });
  }

  private static Document document(
      String what, String tagOrDigest, String mediaType, byte[] content) throws IOException {
    Digest digest = Digest.of(content);
    if (Digest.isDigest(tagOrDigest) && !digest.value().equals(tagOrDigest)) {
      throw new IOException("the document has digest " + digest);
    }
    return new Document(mediaType, digest, content);
  }

  private static String withoutParameters(String contentType) {
    int semicolon = contentType.indexOf(';');
    return (semicolon < 0 ? contentType : contentType.substring(0, semicolon)).strip();
  }

  /** Saves the document under a tag or its own digest. */
  void put(String tagOrDigest, Document document) throws SlipwayException, InterruptedException {
    String what =
        "push of manifest " + name + (tagOrDigest.contains(":") ? "@" : ":") + tagOrDigest;
    retries.run(
        what,
        host(),
        () -> {
          HttpResponse<InputStream> response =
              transport.send(
                  to ->
                      HttpRequest.newBuilder(to.orElse(urls.manifest(tagOrDigest)))
                          .setHeader("Content-Type", document.mediaType())
                          .PUT(BodyPublishers.ofByteArray(document.content())),
                  peer,
                  RegistryTransport.NOTHING_MOVES);
          if (response.statusCode() != 201
              && response.statusCode() != 200
              && response.statusCode() != 202) {
            throw RegistryException.of(what, response);
          }
          Optional<String> theirs = response.headers().firstValue("docker-content-digest");
          Bodies.discard(response);
          if (theirs.isPresent() && !theirs.get().equals(document.digest().value())) {
            throw new SlipwayException(
                ErrorKind.INVALID, what + " failed: the registry took it for " + theirs.get());
          }
          return null;
        });
  }

  private String host() {
    return urls.uploads().getAuthority();
  }

  /** A manifest or an index as it is. */
  record Document(String mediaType, Digest digest, byte[] content) {}
}
