package dev.slipway.fetch.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.config.EgressSettings;
import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.FetchingClient;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSourceTest {
  private static final String DATE = "Tue, 03 Jun 2025 10:20:30 GMT";

  @TempDir Path root;
  private HttpServer server;
  private HttpSource source;
  private final FetchingClient client = new FetchingClient();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Headers> headers = new HashMap<>();
  private final Map<String, String> answers = new HashMap<>();
  private volatile byte[] content = "content".getBytes(StandardCharsets.UTF_8);
  private volatile int status = 200;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          requests.add(exchange.getRequestMethod() + " " + path);
          headers.put(path, exchange.getRequestHeaders());
          answers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
          String etag = answers.getOrDefault("ETag", "none");
          boolean same = etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
          if (path.equals("/moved")) {
            exchange.getResponseHeaders().set("Location", "/file");
            exchange.sendResponseHeaders(302, -1);
          } else if (same || exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(same ? 304 : status, -1);
          } else {
            exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
          }
          exchange.close();
        });
    server.start();
    source = source(EgressSettings.DEFAULT);
  }

  private HttpSource source(EgressSettings egress) throws IOException {
    return new HttpSource(
        new FetchedTrees(
            new ContextStore(root.resolve("store-" + egress.hashCode()), Clock.systemUTC())),
        new Reach(egress));
  }

  @AfterEach
  void stop() {
    source.close();
    server.stop(0);
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private ContextTree fetch(String build, String path, String... attributes)
      throws SlipwayException, InterruptedException {
    return source.tree(op(path, attributes), client.build(build));
  }

  private Op.Source op(String path, String... attributes) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < attributes.length; i += 2) {
      all.put(attributes[i], attributes[i + 1]);
    }
    return new Op.Source(url(path), all);
  }

  private static Entry only(ContextTree tree) {
    assertThat(tree.entries()).hasSize(1);
    return tree.entries().getFirst();
  }

  @Test
  void aFileIsNamedByItsUrlAndHasTheServersTime() throws Exception {
    answers.put("Last-Modified", DATE);

    ContextTree tree = fetch("build", "/dir/file.txt?query=1");

    Entry file = only(tree);
    assertThat(file.path()).isEqualTo("file.txt");
    assertThat(file.mode()).isEqualTo(0600);
    assertThat(file.modificationTime())
        .isEqualTo(Instant.parse("2025-06-03T10:20:30Z").getEpochSecond() * 1_000_000_000L);
    assertThat(tree.readFile("file.txt")).asString().isEqualTo("content");
  }

  @ParameterizedTest
  @ValueSource(strings = {DATE, "Tuesday, 03-Jun-25 10:20:30 GMT", "Tue Jun  3 10:20:30 2025"})
  void datesOfAllThreeFormsAreRead(String date) throws Exception {
    answers.put("Last-Modified", date);

    assertThat(only(fetch("build", "/file")).modificationTime())
        .isEqualTo(Instant.parse("2025-06-03T10:20:30Z").getEpochSecond() * 1_000_000_000L);
  }

  @Test
  void attributesSayTheNameTheModeAndTheOwner() throws Exception {
    ContextTree tree =
        fetch(
            "build",
            "/file",
            "http.filename",
            "a/b",
            "http.perm",
            "0741",
            "http.uid",
            "1000",
            "http.gid",
            "0x10");

    Entry file = only(tree);
    assertThat(file.path()).isEqualTo("b");
    assertThat(file.mode()).isEqualTo(0741);
    assertThat(List.of(file.uid(), file.gid())).containsExactly(1000, 16);
  }

  @Test
  void theServerMayNameTheFile() throws Exception {
    answers.put("Content-Disposition", "attachment; filename=\"my img.jpg\"");

    assertThat(only(fetch("build", "/x")).path()).isEqualTo("my img.jpg");
  }

  @Test
  void aUrlWithoutANameGivesADownload() throws Exception {
    assertThat(only(fetch("build", "/")).path()).isEqualTo("download");
  }

  @Test
  void whatDidNotChangeIsNotSentAgain() throws Exception {
    answers.put("ETag", "\"one\"");
    fetch("first", "/file");

    ContextTree again = fetch("second", "/file");

    assertThat(requests).containsExactly("GET /file", "HEAD /file");
    assertThat(again.readFile("file")).asString().isEqualTo("content");
  }

  @Test
  void whatChangedIsFetchedAnew() throws Exception {
    answers.put("ETag", "\"one\"");
    fetch("first", "/file");
    answers.put("ETag", "\"two\"");
    content = "other".getBytes(StandardCharsets.UTF_8);

    ContextTree again = fetch("second", "/file");

    assertThat(again.readFile("file")).asString().isEqualTo("other");
  }

  @Test
  void oneBuildSeesTheSameFileUntilItsEnd() throws Exception {
    fetch("build", "/file");
    content = "other".getBytes(StandardCharsets.UTF_8);

    ContextTree again = fetch("build", "/file");

    assertThat(again.readFile("file")).asString().isEqualTo("content");
    assertThat(requests).hasSize(1);
  }

  @Test
  void aForgottenBuildAsksAgain() throws Exception {
    fetch("build", "/file");
    source.forget("build");

    fetch("build", "/file");

    assertThat(requests).hasSize(2);
  }

  @Test
  void aPinnedFileThatIsThereIsNotAskedFor() throws Exception {
    String digest = Digest.ofText("content").value();
    fetch("first", "/file", "http.checksum", digest);

    fetch("second", "/file", "http.checksum", digest);

    assertThat(requests).hasSize(1);
  }

  @Test
  void anotherFileThanThePinnedOneIsRefused() {
    String wanted = Digest.ofText("something else").value();

    assertThatThrownBy(() -> fetch("build", "/file", "http.checksum", wanted))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("digest mismatch " + Digest.ofText("content") + ": " + wanted);
  }

  @Test
  void badStatusIsToldInBuildkitsWords() {
    status = 404;

    assertThatThrownBy(() -> fetch("build", "/file"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("invalid response status 404");
  }

  @Test
  void redirectsAreFollowedAndTheNameStays() throws Exception {
    assertThat(only(fetch("build", "/moved")).path()).isEqualTo("moved");
    assertThat(requests).containsExactly("GET /moved", "GET /file");
  }

  @Test
  void aBodyCompressedForTheTransferIsUnpacked() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(content);
    }
    content = packed.toByteArray();
    answers.put("Content-Encoding", "gzip");

    assertThat(fetch("build", "/file").readFile("file")).asString().isEqualTo("content");
  }

  @Test
  void aSecretBecomesTheAuthorization() throws Exception {
    client.secrets.put("mine", "Bearer x");

    fetch("build", "/file", "http.authheadersecret", "mine");

    assertThat(headers.get("/file").getFirst("Authorization")).isEqualTo("Bearer x");
  }

  @Test
  void aTokenForTheHostIsUsedByItself() throws Exception {
    client.secrets.put("HTTP_AUTH_TOKEN_127.0.0.1", "123456");

    fetch("build", "/file");

    assertThat(headers.get("/file").getFirst("Authorization")).isEqualTo("Bearer 123456");
  }

  @Test
  void aSecretThatIsNotThereFailsTheFetch() {
    assertThatThrownBy(() -> fetch("build", "/file", "http.authheadersecret", "mine"))
        .hasMessage("failed to retrieve HTTP auth secret mine: secret mine: not found");
  }

  @Test
  void onlyTwoHeadersAreTheClientsChoice() throws Exception {
    fetch("build", "/file", "http.header.accept", "application/foo", "http.header.cookie", "no");

    assertThat(headers.get("/file").getFirst("Accept")).isEqualTo("application/foo");
    assertThat(headers.get("/file")).doesNotContainKey("Cookie");
  }

  @Test
  void factsAreTheDigestTheNameAndTheDate() throws Exception {
    answers.put("Last-Modified", DATE);

    SourceFacts facts =
        source.facts(op("/file"), SourceFacts.Wanted.ORDINARY, client.build("build"));

    assertThat(facts)
        .isEqualTo(
            new SourceFacts.Http(
                Digest.ofText("content"),
                "file",
                Optional.of(Instant.parse("2025-06-03T10:20:30Z")),
                Optional.empty()));
  }

  @Test
  void aChecksumOverTheFileAndMoreCanBeAskedFor() throws Exception {
    byte[] suffix = " and more".getBytes(StandardCharsets.UTF_8);

    SourceFacts.Http facts =
        (SourceFacts.Http)
            source.facts(
                op("/file"),
                new SourceFacts.Wanted(
                    false, Optional.of(new SourceFacts.ChecksumRequest("SHA-256", suffix))),
                client.build("build"));

    assertThat(facts.suffixed().orElseThrow().digest())
        .isEqualTo(Digest.ofText("content and more").value());
  }

  @Test
  void rulesForBuildsHoldForFetches() throws Exception {
    try (HttpSource barred = source(new EgressSettings(List.of(), List.of("127.0.0.0/8")))) {
      assertThatThrownBy(() -> barred.tree(op("/file"), client.build("build")))
          .hasMessage("fetching from 127.0.0.1 is not allowed: 127.0.0.1 is barred for builds");
    }
    assertThat(requests).isEmpty();
  }
}
