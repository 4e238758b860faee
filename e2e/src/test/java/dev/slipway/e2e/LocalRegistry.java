package dev.slipway.e2e;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Debian's docker-registry on loopback; it stands in for Docker Hub and takes what is pushed. One
 * for the whole run.
 */
final class LocalRegistry {
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private static final Object PROVIDING = new Object();
  private static LocalRegistry shared;

  private final Path folder;
  private final String address;

  private LocalRegistry(Path folder, String address) {
    this.folder = folder;
    this.address = address;
  }

  /** The shared one, with `busybox` in it. */
  static synchronized LocalRegistry shared() {
    if (shared == null) {
      shared = start(Workplace.folder("registry"), "127.0.0.1", "", 200);
      shared.provide(Duration.ofMinutes(3), "busybox");
    }
    return shared;
  }

  /**
   * Puts images in it that {@code launcher/base-image} makes: one call at a time, for its cache.
   */
  void provide(Duration patience, String... images) {
    synchronized (PROVIDING) {
      Command.run(
              patience,
              Stream.concat(
                      Stream.of(
                          Workplace.tree().resolve("launcher/base-image").toString(),
                          Workplace.baseImageCache().toString(),
                          address),
                      Stream.of(images))
                  .toList())
          .orThrow();
    }
  }

  /** The same images at another address of this machine, until the end of the run. */
  LocalRegistry at(String host) {
    return start(folder, host, "", 200);
  }

  /**
   * One more, empty, that wants Basic authentication: user `farmer`, password `plough-the-field`.
   */
  static LocalRegistry closed() {
    Path folder = Workplace.folder("registry");
    Path passwords = folder.resolve("htpasswd");
    try {
      Files.writeString(
          passwords, "farmer:$2b$04$hu9vGMyezctOs6W3Db05xOCINVcALM8Csw.0YJ4xQdxaUMCdqu.Um\n");
    } catch (IOException e) {
      throw new AssertionError("cannot write " + passwords, e);
    }
    return start(
        folder,
        "127.0.0.1",
        "auth: {htpasswd: {realm: farm, path: %s}}\n".formatted(passwords),
        401);
  }

  private static LocalRegistry start(Path folder, String host, String more, int answer) {
    try {
      String address = host + ":" + freePort();
      Path config = folder.resolve("config-" + host + ".yml");
      Files.writeString(
          config,
          """
          version: 0.1
          log: {level: warn, accesslog: {disabled: true}}
          storage: {filesystem: {rootdirectory: %s/data}, delete: {enabled: true}}
          http: {addr: "%s"}
          """
                  .formatted(folder, address)
              + more);
      Command command =
          Command.start(Map.of(), folder, List.of("docker-registry", "serve", config.toString()));
      Workplace.atEnd(command::close);
      LocalRegistry registry = new LocalRegistry(folder, address);
      Awaitility.await("the registry answers: " + command.output())
          .atMost(Duration.ofSeconds(20))
          .until(() -> registry.answers(command, answer));
      return registry;
    } catch (IOException e) {
      throw new AssertionError("cannot start a registry", e);
    }
  }

  private boolean answers(Command server, int answer) {
    if (!server.alive()) {
      throw new AssertionError("docker-registry ended: " + server.output());
    }
    try (java.net.Socket socket = new java.net.Socket()) {
      socket.connect(new java.net.InetSocketAddress(uri("/").getHost(), uri("/").getPort()), 500);
      return get("/v2/", "*/*").statusCode() == answer;
    } catch (IOException e) {
      return false;
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** host:port. */
  String address() {
    return address;
  }

  /** A reference of this registry. */
  String image(String name) {
    return address + "/" + name;
  }

  /** buildkitd.toml in which this registry is Docker Hub. */
  String mirrorConfig() {
    return "[registry.\"docker.io\"]\n  mirrors = [\"%s\"]\n[registry.\"%s\"]\n  http = true\n"
        .formatted(address, address);
  }

  /** The manifest or index under that name and tag, as text. */
  String manifest(String repository, String reference) {
    return get(
            "/v2/" + repository + "/manifests/" + reference,
            "application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.list.v2+json,application/vnd.docker.distribution.manifest.v2+json")
        .body();
  }

  byte[] blob(String repository, String digest) {
    return send(
            HttpRequest.newBuilder(uri("/v2/" + repository + "/blobs/" + digest)),
            HttpResponse.BodyHandlers.ofByteArray())
        .body();
  }

  /** Pushes a blob as a client would. */
  void pushBlob(String repository, String digest, byte[] content) {
    HttpResponse<String> begun =
        send(
            HttpRequest.newBuilder(uri("/v2/" + repository + "/blobs/uploads/"))
                .POST(HttpRequest.BodyPublishers.noBody()),
            HttpResponse.BodyHandlers.ofString());
    String location = begun.headers().firstValue("Location").orElseThrow();
    HttpRequest.Builder put =
        HttpRequest.newBuilder(URI.create(location + "&digest=" + digest))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(content));
    expectCreated(send(put, HttpResponse.BodyHandlers.ofString()));
  }

  void pushManifest(String repository, String tag, String mediaType, String manifest) {
    HttpRequest.Builder put =
        HttpRequest.newBuilder(uri("/v2/" + repository + "/manifests/" + tag))
            .header("Content-Type", mediaType)
            .PUT(HttpRequest.BodyPublishers.ofString(manifest));
    expectCreated(send(put, HttpResponse.BodyHandlers.ofString()));
  }

  private static void expectCreated(HttpResponse<String> response) {
    if (response.statusCode() != 201) {
      throw new AssertionError(
          response.uri() + " answered " + response.statusCode() + ": " + response.body());
    }
  }

  private URI uri(String path) {
    return URI.create("http://" + address + path);
  }

  private HttpResponse<String> get(String path, String accept) {
    return send(
        HttpRequest.newBuilder(uri(path)).header("Accept", accept),
        HttpResponse.BodyHandlers.ofString());
  }

  private static <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
    HttpRequest built = request.timeout(Duration.ofSeconds(30)).build();
    try {
      return HTTP.send(built, handler);
    } catch (IOException e) {
      throw new AssertionError(built.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
