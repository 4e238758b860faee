package dev.slipway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.agent.FakeCoordinator;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.CancelStage;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepOutput;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.sandbox.Readiness;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The worker's own process, with real containers, against a coordinator made for tests; needs to
 * run inside rootlesskit.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerIT {
  private static final Path BUSYBOX = Path.of("/usr/bin/busybox");
  private static final String VERTEX = "sha256:" + "0".repeat(63);

  @TempDir static Path root;
  private FakeCoordinator coordinator;
  private Process worker;
  private Hello hello;
  private HttpServer trees;
  private int stages;

  @BeforeAll
  void startWorker() throws Exception {
    assumeTrue(
        Readiness.probe("runc").missing().isEmpty() && Files.exists(BUSYBOX),
        "not where a worker runs");
    coordinator = new FakeCoordinator();
    byte[] tar = busybox(BUSYBOX);
    trees = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    trees.createContext(
        "/amd64",
        exchange -> {
          exchange.sendResponseHeaders(200, tar.length);
          exchange.getResponseBody().write(tar);
          exchange.close();
        });
    Path foreign = Path.of(System.getProperty("slipway.test.busybox.arm64", "/nonexistent"));
    if (Files.exists(foreign)) {
      byte[] arm = busybox(foreign);
      trees.createContext(
          "/arm64",
          exchange -> {
            exchange.sendResponseHeaders(200, arm.length);
            exchange.getResponseBody().write(arm);
            exchange.close();
          });
    }
    trees.start();
    Files.writeString(root.resolve("token"), FakeCoordinator.TOKEN);
    worker =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.slipway.WorkerMain",
                "--root",
                root.resolve("worker").toString(),
                "--coordinator",
                coordinator.address(),
                "--join-token-file",
                root.resolve("token").toString(),
                "--slots",
                "2",
                "--name",
                "it")
            .inheritIO()
            .start();
    hello = coordinator.awaitHello();
  }

  @AfterAll
  void endWorker() throws Exception {
    if (worker == null) {
      return;
    }
    List<ProcessHandle> children = worker.descendants().toList();
    worker.destroy();
    assertThat(worker.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(worker.exitValue()).isZero();
    assertThat(children).noneMatch(ProcessHandle::isAlive);
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(root.toString());
    coordinator.close();
    trees.stop(0);
  }

  @Test
  void introducesItself() {
    assertThat(hello.getLabelsMap()).containsEntry("dev.slipway.worker.name", "it");
    assertThat(hello.getNativePlatforms(0).getOS()).isEqualTo("linux");
  }

  @Test
  void runsAStageStepByStep() throws Exception {
    StepInput base = chain(layer("amd64"));
    StepInput first =
        StepInput.newBuilder().setPrevious(StepOutput.newBuilder().setStep(0).setOutput(0)).build();
    String id =
        send(
            step("1", base, "echo made > /file; echo on stdout; ls /etc"),
            step("2", first, "cat /file; rm /file; test -e /etc/hosts"));

    List<StageEvent> events = new ArrayList<>();
    StageOutcome outcome = outcome(id, events);

    assertThat(outcome.hasSucceeded()).as(outcome.toString()).isTrue();
    assertThat(log(events)).contains("on stdout", "made");
    List<StageEvent> done = events.stream().filter(StageEvent::hasDone).toList();
    assertThat(done).hasSize(2);
    List<HeldLayer> chain = done.get(1).getDone().getResults(0).getChainList();
    assertThat(chain).hasSize(3);
    assertThat(chain.getFirst().getLayerId()).isEqualTo("tree:amd64");

    assertThat(
            read(chain.subList(0, 2), "/file", ReadPath.Kind.FILE)
                .getReadPathOutcome()
                .getData()
                .toStringUtf8())
        .isEqualTo("made\n");
    assertThat(read(chain, "/file", ReadPath.Kind.FILE).getReadPathOutcome().getErrorKind())
        .isEqualTo("NOT_FOUND");
    assertThat(read(chain, "/bin", ReadPath.Kind.LIST).getReadPathOutcome().getStatsList())
        .anyMatch(stat -> stat.getPath().equals("busybox"));
    assertThat(members(fetch(chain.get(1).getLayerId(), true).body()))
        .contains("file")
        .doesNotContain("etc/hosts", "etc/resolv.conf");
    assertThat(fetch(chain.get(1).getLayerId(), false).statusCode()).isEqualTo(403);

    PushLayers push =
        PushLayers.newBuilder()
            .setPushId("p1")
            .addLayers(Layer.newBuilder().setId(chain.get(1).getLayerId()))
            .build();
    coordinator.send(CoordinatorMessage.newBuilder().setPushLayers(push).build());
    var pushed = coordinator.await(WorkerMessage::hasPushOutcome).getPushOutcome();
    assertThat(pushed.getError()).isEmpty();
    assertThat(pushed.getBlobs(0).getDigest()).startsWith("sha256:");
  }

  @Test
  void aFailedStepIsTheUsers() throws Exception {
    StageOutcome outcome =
        outcome(
            send(step("f", chain(layer("amd64")), "echo \"no\" >&2; exit 3")), new ArrayList<>());

    assertThat(outcome.getFailed().getExitCode()).isEqualTo(3);
    assertThat(outcome.getFailed().getMessage())
        .isEqualTo(
            "process \"/bin/sh -c echo \\\"no\\\" >&2; exit 3\" did not complete successfully: exit code: 3");
  }

  @Test
  void cancelsAtOnce() throws Exception {
    String id = send(step("c", chain(layer("amd64")), "echo up; sleep 60"));
    coordinator.await(message -> message.hasStageEvent() && message.getStageEvent().hasLog());
    long start = System.nanoTime();

    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setCancelStage(CancelStage.newBuilder().setStageId(id))
            .build());

    assertThat(outcome(id, new ArrayList<>()).hasCancelled()).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void runsAnotherPlatform() throws Exception {
    assumeTrue(
        Files.exists(Path.of(System.getProperty("slipway.test.busybox.arm64", "/nonexistent"))),
        "no arm64 busybox; the e2e suite builds for arm64");
    assumeTrue(
        hello.getEmulatedPlatformsList().stream()
            .anyMatch(platform -> platform.getArchitecture().equals("arm64")));
    List<StageEvent> events = new ArrayList<>();

    StageOutcome outcome =
        outcome(send(step("a", chain(layer("arm64")), "busybox uname -m")), events);

    assertThat(outcome.hasSucceeded()).as(outcome.toString()).isTrue();
    assertThat(log(events)).isEqualTo("aarch64\n");
  }

  @Test
  void reportsHealthAndMetrics() throws Exception {
    assertThat(get("/readyz").body()).asString(StandardCharsets.UTF_8).isEqualTo("ok\n");
    assertThat(get("/metrics").body())
        .asString(StandardCharsets.UTF_8)
        .contains("slipway_worker_stages_running");
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create(hello.getBlobUrl() + path)).build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private HttpResponse<byte[]> fetch(String layerId, boolean authorized) throws Exception {
    String token = coordinator.capability("layers/" + (authorized ? layerId : "snap:other"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(hello.getBlobUrl() + "/layers/" + layerId))
            .header("Authorization", "Bearer " + token)
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static List<String> members(byte[] tar) throws IOException {
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    return names;
  }

  private WorkerMessage read(List<HeldLayer> chain, String path, ReadPath.Kind kind)
      throws Exception {
    LayerChain.Builder layers = LayerChain.newBuilder();
    chain.forEach(held -> layers.addLayers(Layer.newBuilder().setId(held.getLayerId())));
    ReadPath read =
        ReadPath.newBuilder()
            .setRequestId("r" + ++stages)
            .setChain(layers)
            .setPath(path)
            .setKind(kind)
            .setLength(-1)
            .build();
    coordinator.send(CoordinatorMessage.newBuilder().setReadPath(read).build());
    return coordinator.await(
        message -> message.getReadPathOutcome().getRequestId().equals(read.getRequestId()));
  }

  private Layer layer(String name) {
    return Layer.newBuilder()
        .setId("tree:" + name)
        .setTreeUrl("http://127.0.0.1:" + trees.getAddress().getPort() + "/" + name)
        .build();
  }

  private static StepInput chain(Layer layer) {
    return StepInput.newBuilder().setChain(LayerChain.newBuilder().addLayers(layer)).build();
  }

  private static Step step(String digit, StepInput input, String script) {
    ExecMeta meta =
        new ExecMeta(
            List.of("/bin/sh", "-c", script),
            List.of(),
            "/",
            "",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Op.Exec op =
        new Op.Exec(
            meta,
            List.of(new Mount(0, "", "/", 0, false, new Mount.Kind.Bind())),
            Op.Network.SANDBOX,
            false,
            List.of());
    Edge edge = new Edge(new Digest("sha256:" + "f".repeat(64)), 0);
    ByteString bytes =
        ByteString.copyFrom(LlbCodec.encodeOp(op, List.of(edge), Optional.empty()).toByteArray());
    return Step.newBuilder()
        .setVertex(VERTEX + digit)
        .setName(script)
        .setOp(bytes)
        .addInputs(input)
        .build();
  }

  private String send(Step... steps) {
    String id = "stage-" + ++stages;
    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setRunStage(RunStage.newBuilder().setStageId(id).addAllSteps(List.of(steps)))
            .build());
    return id;
  }

  private StageOutcome outcome(String id, List<StageEvent> events) throws InterruptedException {
    WorkerMessage last =
        coordinator.await(message -> {
          if (message.hasStageEvent() && message.getStageEvent().getStageId().equals(id)) {
            events.add(message.getStageEvent());
          }
          return message.getStageOutcome().getStageId().equals(id);
        });
    return last.getStageOutcome();
  }

  private static String log(List<StageEvent> events) {
    StringBuilder text = new StringBuilder();
    events.stream()
        .filter(StageEvent::hasLog)
        .forEach(event -> text.append(event.getLog().getData().toStringUtf8()));
    return text.toString();
  }

  private static byte[] busybox(Path binary) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (String directory : List.of("bin/", "etc/", "tmp/")) {
        TarArchiveEntry entry = new TarArchiveEntry(directory);
        entry.setMode(040755);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      }
      TarArchiveEntry entry = new TarArchiveEntry("bin/busybox");
      entry.setSize(Files.size(binary));
      entry.setMode(0100755);
      tar.putArchiveEntry(entry);
      Files.copy(binary, tar);
      tar.closeArchiveEntry();
      for (String applet : List.of("sh", "cat", "ls", "rm", "sleep", "test")) {
        TarArchiveEntry link = new TarArchiveEntry("bin/" + applet, TarArchiveEntry.LF_SYMLINK);
        link.setLinkName("busybox");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
