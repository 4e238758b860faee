package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Puts blobs into one repository. OCI distribution-spec v1.1, Pushing blobs: monolithically with
 * POST then PUT, mounting from another repository. @ThreadSafe
 */
final class BlobUpload {
  private final RegistryTransport transport;
  private final Retries retries;
  private final RegistryTransport.Peer peer;
  private final RepositoryUrls urls;
  private final String name;

  /**
   * @param name of the repository, for messages: {@code registry.test/app}
   */
  BlobUpload(
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

  /** Whether the repository has the blob. */
  boolean exists(Digest digest) throws SlipwayException, InterruptedException {
    String what = "look-up of blob " + digest + " in " + name;
    return retries.run(what, host(), () -> head(what, digest));
  }

  private boolean head(String what, Digest digest)
      throws IOException, SlipwayException, InterruptedException {
    HttpResponse<InputStream> response =
        transport.send(
            to -> HttpRequest.newBuilder(to.orElse(urls.blob(digest))).HEAD(),
            peer,
            RegistryTransport.NOTHING_MOVES);
    return switch (response.statusCode()) {
      case 200 -> {
        Bodies.discard(response);
        yield true;
      }
      case 404 -> {
        Bodies.discard(response);
        yield false;
      }
      default -> throw RegistryException.of(what, response);
    };
  }

  /** Uploads unless the blob is there. @return whether bytes were sent */
  boolean push(Digest digest, UploadBody body, LongConsumer sent)
      throws SlipwayException, InterruptedException {
    String what = "push of blob " + digest + " to " + name;
    return retries.run(
        what,
        host(),
        () -> {
          if (head(what, digest)) {
            return false;
          }
          put(what, digest, start(what), body, sent);
          return true;
        });
  }

  /**
   * Makes the blob of another repository of the same registry appear in this one.
   *
   * @return false when the registry would rather have the bytes
   */
  boolean mount(Digest digest, String fromRepository)
      throws SlipwayException, InterruptedException {
    String what = "mount of blob " + digest + " from " + fromRepository + " into " + name;
    return retries.run(
        what,
        host(),
        () -> {
          HttpResponse<InputStream> response = post(urls.mount(digest, fromRepository));
          switch (response.statusCode()) {
            case 201 -> {
              Bodies.discard(response);
              return true;
            }
            case 202 -> {
              Bodies.discard(response);
              cancel(location(response));
              return false;
            }
            case 401, 403, 404, 405 -> {
              // Not allowed to read the other repository, or no mounting at all: uploading is the
              // way.
              Bodies.discard(response);
              return false;
            }
            default -> throw RegistryException.of(what, response);
          }
        });
  }

  private URI start(String what) throws IOException, SlipwayException, InterruptedException {
    HttpResponse<InputStream> response = post(urls.uploads());
    if (response.statusCode() != 202) {
      throw RegistryException.of(what, response);
    }
    Bodies.discard(response);
    return location(response);
  }

  private HttpResponse<InputStream> post(URI url)
      throws IOException, SlipwayException, InterruptedException {
    return transport.send(
        to -> HttpRequest.newBuilder(to.orElse(url)).POST(BodyPublishers.noBody()),
        peer,
        RegistryTransport.NOTHING_MOVES);
  }

  /** The upload's URL, with whatever state the registry keeps in it. */
  private URI location(HttpResponse<InputStream> response) throws IOException {
    Optional<String> location = response.headers().firstValue("location");
    if (location.isEmpty()) {
      throw new IOException("registry started an upload without a location");
    }
    return RegistryTransport.resolve(response.uri(), location.get());
  }

  private void put(String what, Digest digest, URI upload, UploadBody body, LongConsumer sent)
      throws IOException, SlipwayException, InterruptedException {
    String separator = upload.getRawQuery() == null ? "?" : "&";
    URI url = URI.create(upload + separator + "digest=" + digest);
    UploadBody.Counted[] counted = new UploadBody.Counted[1];
    HttpResponse<InputStream> response =
        transport.send(
            to -> {
              BodyPublisher publisher = body.publisher();
              counted[0] = new UploadBody.Counted(publisher, sent);
              return HttpRequest.newBuilder(to.orElse(url))
                  .setHeader("Content-Type", "application/octet-stream")
                  .PUT(counted[0]);
            },
            sameRegistry(url),
            () -> counted[0] == null ? 0 : counted[0].count());
    if (response.statusCode() != 201 && response.statusCode() != 204) {
      throw RegistryException.of(what, response);
    }
    Bodies.discard(response);
  }

  /**
   * An upload may be sent to another host, which authenticates by its URL: our token is none of its
   * business.
   */
  private RegistryTransport.Peer sameRegistry(URI upload) {
    return RegistryTransport.sameOrigin(upload, urls.uploads())
        ? peer
        : new RegistryTransport.Peer(RequestAuthorizer.fixed(""), peer.insecureTls());
  }

  private void cancel(URI upload) throws SlipwayException, InterruptedException {
    try {
      Bodies.discard(
          transport.send(
              to -> HttpRequest.newBuilder(to.orElse(upload)).DELETE(),
              sameRegistry(upload),
              RegistryTransport.NOTHING_MOVES));
    } catch (IOException e) {
      // The registry forgets an abandoned upload by itself.
    }
  }

  private String host() {
    return urls.uploads().getAuthority();
  }
}
