package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a build takes from elsewhere: from a web server, git repositories, a layout of the client.
 */
@OnSharedFarm
class SourcesE2eTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String TOKEN = "a-token-that-is-nobodys";

  private static HttpServer server;
  private static Path files;
  private static final List<String> requests = new CopyOnWriteArrayList<>();

  private final Buildx buildx = SharedFarm.get().buildx().ordinary();
  private final Path out = Workplace.folder("sources-out");

  @BeforeAll
  static void serve() throws IOException {
    files = Workplace.folder("sources");
    Files.writeString(files.resolve("file.txt"), "from the web\n");
    Command.run(
            PATIENCE,
            List.of(
                "/bin/sh",
                "-ec",
                """
                cd %s; export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
                git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=main "$@"; }
                mkdir work work/sub; cd work; git init -q; echo one > file; echo deep > sub/deep
                printf 'FROM scratch\\nCOPY sub/deep /built\\n' > Dockerfile
                git add .; git commit -qm one; git tag v1; echo two > file; git commit -qam two
                git clone -q --bare . ../app.git; git -C ../app.git update-server-info
                cp -r ../app.git ../private.git
                """
                    .formatted(files)))
        .orThrow();
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", SourcesE2eTest::answer);
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      String wanted =
          "basic "
              + Base64.getEncoder()
                  .encodeToString(("x-access-token:" + TOKEN).getBytes(StandardCharsets.UTF_8));
      Path file = files.resolve(path.substring(1));
      if (path.startsWith("/private.git/")
          && !wanted.equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.sendResponseHeaders(401, -1);
      } else if (!Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        exchange.getResponseHeaders().set("ETag", "\"one\"");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(200, head ? -1 : Files.size(file));
        if (!head) {
          Files.copy(file, exchange.getResponseBody());
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + path;
  }

  private void build(String dockerfile, String... flags) {
    String[] all =
        java.util.stream.Stream.concat(
                java.util.Arrays.stream(flags), java.util.stream.Stream.of("-o", out.toString()))
            .toArray(String[]::new);
    buildx.build(BuildDirectory.of(dockerfile).path(), all).orThrow();
  }

  @Test
  @Feature(value = "http:// and https://", area = Area.SOURCE)
  void aFileOfAWebServerIsAskedForAgainAndSentOnce() {
    String dockerfile = "FROM scratch\nADD --chmod=640 %s /added\n".formatted(url("file.txt"));

    build(dockerfile);
    build(dockerfile);

    assertThat(out.resolve("added")).hasContent("from the web\n");
    assertThat(requests.stream().filter(request -> request.endsWith("/file.txt")))
        .containsExactly("GET /file.txt", "HEAD /file.txt");
  }

  @Test
  @Feature(value = "git://", area = Area.SOURCE)
  void aDirectoryOfATagOfARepository() {
    build(
        "FROM scratch\nADD %s#v1:sub /part/\nADD %s#v1 /whole/\n"
            .formatted(url("app.git"), url("app.git")));

    assertThat(out.resolve("part/deep")).hasContent("deep\n");
    assertThat(out.resolve("whole/file")).hasContent("one\n");
    assertThat(out.resolve("whole/.git")).doesNotExist();
  }

  @Test
  @Feature(value = "git repository as context", area = Area.CONTEXT)
  void aRepositoryIsTheContext() {
    buildx.run("build", "-o", out.toString(), url("app.git#main")).orThrow();

    assertThat(out.resolve("built")).hasContent("deep\n");
  }

  @Test
  @Feature(value = "git: secret GIT_AUTH_TOKEN", area = Area.SOURCE)
  void aTokenOfTheClientOpensARepositoryAndIsSeenNowhere() throws IOException {
    Path token = Files.writeString(files.resolve("token-" + System.nanoTime()), TOKEN);

    Command.Result result =
        buildx
            .run(
                "build",
                "--progress",
                "plain",
                "--secret",
                "id=GIT_AUTH_TOKEN,src=" + token,
                "-o",
                out.toString(),
                url("private.git#main"))
            .orThrow();

    assertThat(out.resolve("built")).hasContent("deep\n");
    assertThat(result.output()).doesNotContain(TOKEN);
  }

  @Test
  @Feature(value = "archive on standard input", area = Area.CONTEXT)
  void anArchiveOnStandardInputIsTheContext() {
    Path archive = out.resolveSibling("sources-context-" + System.nanoTime() + ".tar");
    Command.run(
            PATIENCE,
            List.of("tar", "-C", files.resolve("work").toString(), "-cf", archive.toString(), "."))
        .orThrow();

    buildx.buildOf(archive, "-o", out.toString()).orThrow();

    assertThat(out.resolve("built")).hasContent("deep\n");
  }

  @Test
  @Feature(value = "oci-layout://", area = Area.SOURCE)
  void aLayoutOfTheClientIsABaseImage() {
    Path layout = out.resolveSibling("layout-" + System.nanoTime());
    buildx
        .build(
            BuildDirectory.of("FROM busybox\nRUN echo layout > /word\n").path(),
            "-o",
            "type=oci,tar=false,dest=" + layout)
        .orThrow();

    buildx
        .build(
            BuildDirectory.of(
                    "FROM base AS b\nRUN cat /word /word > /twice\n"
                        + "FROM scratch\nCOPY --from=b /twice /\n")
                .path(),
            "--build-context",
            "base=oci-layout://" + layout,
            "-o",
            out.toString())
        .orThrow();

    assertThat(out.resolve("twice")).hasContent("layout\nlayout\n");
  }

  @Test
  @Feature(value = "source policy", area = Area.SOURCE)
  void aPolicyDeniesAnImage() throws IOException {
    Path policy =
        Files.writeString(
            files.resolve("policy-" + System.nanoTime()),
            """
            {"rules":[{"action":"DENY","selector":{"identifier":"docker-image://*busybox*"}}]}
            """);

    Command.Result result =
        buildx.build(
            Map.of("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", policy.toString()),
            BuildDirectory.of("FROM busybox\nRUN true\n").path());

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output())
        .contains("source \"docker-image://docker.io/library/busybox:latest\" denied by policy");
  }

  @Test
  void aFileThatIsNotThereIsToldInBuildkitsWords() {
    Command.Result result =
        buildx.build(BuildDirectory.of("FROM scratch\nADD " + url("none") + " /x\n").path());

    assertThat(result.output()).contains("invalid response status 404");
  }
}
