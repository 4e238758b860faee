package dev.slipway.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Explanation;
import dev.slipway.explain.Outcome;
import dev.slipway.explain.Reason;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.fleet.WorkerStatus;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.MovedBytes;
import dev.slipway.protocol.Capability;
import dev.slipway.registry.RegistryClient;
import dev.slipway.registry.RegistryHosts;
import dev.slipway.telemetry.BuildMetric;
import dev.slipway.telemetry.Meters;
import dev.slipway.web.access.PageAccess;
import dev.slipway.web.page.PageFixture;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebServerTest {
  private static final Digest TREE = Digest.ofText("tree");

  /** More than sockets and queues hold, so that writing has to wait for the reader. */
  private static final int TREE_BYTES = 8 << 20;

  private final Capability.Signer signer = Capability.Signer.generate();
  private static final RelayedBlobs RELAYED =
      new RelayedBlobs(new RegistryClient(RegistryHosts.DEFAULT), () -> "", _ -> "");

  private final TreeShelf trees = new TreeShelf((_, _) -> {}, _ -> {});
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile List<WorkerNode> workers = List.of();
  private WebServer web;

  @BeforeEach
  void start() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new Meters(registry).count(BuildMetric.BUILDS, BuildMetric.Outcome.SUCCEEDED);
    Fleet fleet =
        (Fleet)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Fleet.class},
                (_, method, _) -> {
                  return switch (method.getName()) {
                    case "workers" -> workers;
                    case "status" ->
                        Optional.of(new WorkerStatus(3, 5_000_000_000L, Duration.ZERO, true));
                    default -> throw new AssertionError(method);
                  };
                });
    web =
        WebServer.start(
            new WebServer.Parts(
                fleet,
                trees,
                RELAYED,
                new Capability.Verifier(signer.publicKey()),
                Optional.empty(),
                java.util.Set::of,
                registry,
                new Meters(registry),
                Optional::empty,
                Clock.systemUTC(),
                new PageFixture(fleet).with(build()).with(explanation("build-1")).parts(),
                PageAccess.EVERYBODY),
            "127.0.0.1",
            0);
  }

  @AfterEach
  void stop() {
    web.close();
  }

  @Test
  void isReadyOnceAWorkerHasJoined() throws Exception {
    assertThat(get("/livez", "").statusCode()).isEqualTo(200);
    assertThat(get("/readyz", "").statusCode()).isEqualTo(503);

    workers =
        List.of(
            new WorkerNode(
                "w1",
                "0.1.0",
                List.of(Platform.LINUX_AMD64),
                List.of(),
                4,
                "http://w1",
                Map.of("dev.slipway.worker.name", "left"),
                Instant.EPOCH));

    assertThat(get("/readyz", "").statusCode()).isEqualTo(200);
    JsonObject worker =
        new JsonObject(text("/api/v1/workers")).getJsonArray("workers").getJsonObject(0);
    assertThat(worker.getString("name")).isEqualTo("left");
    assertThat(worker.getJsonArray("platforms").getString(0)).isEqualTo("linux/amd64");
    assertThat(worker.getInteger("runningStages")).isEqualTo(3);
    assertThat(worker.getLong("freeBytes")).isEqualTo(5_000_000_000L);
    assertThat(worker.getBoolean("draining")).isTrue();
  }

  @Test
  void tellsWhichWorkerRanWhichStep() throws Exception {
    JsonObject build =
        new JsonObject(text("/api/v1/builds")).getJsonArray("builds").getJsonObject(0);

    assertThat(build.getString("state")).isEqualTo("succeeded");
    assertThat(build.getDouble("seconds")).isEqualTo(3.0);
    JsonObject step = build.getJsonArray("steps").getJsonObject(0);
    assertThat(step.getString("name")).isEqualTo("[build 2/3] RUN make");
    assertThat(step.getString("worker")).isEqualTo("worker-1");
    assertThat(step.getDouble("seconds")).isEqualTo(1.5);
  }

  @Test
  void metricsHaveOurNames() throws Exception {
    assertThat(text("/metrics"))
        .contains("slipway_builds_total{outcome=\"succeeded\",} 1.0")
        .contains("netty_eventexecutor_tasks_pending");
  }

  @Test
  void sendsATreeToAWorkerWithItsToken() throws Exception {
    trees.publish("b1", tree());
    String token = signer.sign("trees/" + TREE, Instant.now().plusSeconds(60));

    HttpResponse<byte[]> response = get("/trees/" + TREE, token);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).hasSize(TREE_BYTES).endsWith(7);
  }

  @Test
  void keepsATreeFromWhoeverHasNoToken() throws Exception {
    trees.publish("b1", tree());
    String other = signer.sign("trees/" + Digest.ofText("other"), Instant.now().plusSeconds(60));

    assertThat(get("/trees/" + TREE, "").statusCode()).isEqualTo(403);
    assertThat(get("/trees/" + TREE, other).statusCode()).isEqualTo(403);
  }

  @Test
  void forgetsATreeWhenItsLastBuildIsOver() throws Exception {
    trees.publish("b1", tree());
    trees.publish("b2", tree());
    trees.release("b1");
    String token = signer.sign("trees/" + TREE, Instant.now().plusSeconds(60));
    assertThat(get("/trees/" + TREE, token).statusCode()).isEqualTo(200);

    trees.release("b2");

    assertThat(get("/trees/" + TREE, token).statusCode()).isEqualTo(404);
  }

  private static BuildSummary build() {
    BuildReport.Step step =
        new BuildReport.Step(
            Digest.ofText("v"),
            "[build 2/3] RUN make",
            "worker-1",
            false,
            Duration.ofMillis(1500),
            new MovedBytes(1, 2, 3));
    return new BuildSummary(
        "b1",
        "Dockerfile",
        "default",
        BuildSummary.State.SUCCEEDED,
        Instant.EPOCH,
        Optional.of(Instant.EPOCH.plusSeconds(3)),
        Optional.empty(),
        step.moved(),
        List.of(step));
  }

  private String text(String path) throws IOException, InterruptedException {
    return new String(get(path, "").body(), java.nio.charset.StandardCharsets.UTF_8);
  }

  private HttpResponse<byte[]> get(String path, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + web.port() + path))
            .timeout(Duration.ofSeconds(20));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  @Test
  void saysWhyStepsOfABuildWereNotCached() throws Exception {
    JsonObject answer = new JsonObject(text("/api/v1/builds/build-1/cache"));

    assertThat(answer.getString("build")).isEqualTo("build-1");
    assertThat(answer.getJsonObject("comparedWith").getString("build")).isEqualTo("build-0");
    assertThat(answer.getJsonArray("steps").getJsonObject(0).getMap())
        .containsEntry("name", "[2] COPY . .")
        .containsEntry("outcome", "missed")
        .containsEntry("worker", "left")
        .containsEntry("reason", "file")
        .containsEntry("why", "the file src/app.js changed");
    assertThat(get("/api/v1/builds/none/cache", "").statusCode()).isEqualTo(404);
  }

  @Test
  void refusesASearchOfTheCacheThatIsOutOfBounds() throws Exception {
    assertThat(text("/api/v1/cache?limit=5")).contains("\"found\":0");
    HttpResponse<byte[]> refused = get("/api/v1/cache?limit=100000", "");

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(new String(refused.body())).getString("error"))
        .isEqualTo("limit is a number from 1 to 500");
  }

  private static Explanation explanation(String id) {
    return new Explanation(
        id,
        "",
        Optional.of(new Explanation.Earlier("build-0", Instant.EPOCH)),
        3,
        List.of(
            new Explanation.Step(
                TREE.value(),
                "[2] COPY . .",
                Outcome.MISSED,
                "left",
                new Reason(Reason.Kind.FILE, "the file src/app.js changed"))));
  }

  private static ContextTree tree() {
    return new ContextTree() {
      @Override
      public void copyFile(String path, OutputStream out) {}

      @Override
      public Digest contentDigest() {
        return TREE;
      }

      @Override
      public Digest layerDigest() {
        return TREE;
      }

      @Override
      public long size() {
        return TREE_BYTES;
      }

      @Override
      public ContextTree select(List<PathSelector> selectors) {
        return this;
      }

      @Override
      public Optional<Entry> stat(String path) {
        return Optional.empty();
      }

      @Override
      public byte[] readFile(String path) throws SlipwayException {
        throw new SlipwayException(dev.slipway.error.ErrorKind.NOT_FOUND, path);
      }

      @Override
      public List<Entry> entries() {
        return List.of();
      }

      @Override
      public List<Entry> list(String path) {
        return List.of();
      }

      @Override
      public void writeTar(OutputStream out) throws IOException {
        byte[] part = new byte[10_000];
        java.util.Arrays.fill(part, (byte) 7);
        for (int left = TREE_BYTES; left > 0; left -= part.length) {
          out.write(part, 0, Math.min(left, part.length));
        }
      }
    };
  }
}
