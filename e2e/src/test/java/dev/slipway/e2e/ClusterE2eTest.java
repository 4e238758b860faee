package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Three coordinators are one farm; they end one by one. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterE2eTest {
  private static final LocalRegistry REGISTRY = LocalRegistry.shared();
  private static Farm farm;

  @BeforeAll
  static void start() {
    long begun = System.nanoTime();
    farm = Farm.start(3, 2, REGISTRY.mirrorConfig());
    print("3 coordinators and 2 workers ready", begun);
  }

  @AfterAll
  static void stop() {
    farm.close();
  }

  private static void print(String what, long since) {
    System.out.println(what + " after " + (System.nanoTime() - since) / 1_000_000 + " ms");
  }

  private static void awaitUntil(BooleanSupplier condition) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(condition::getAsBoolean);
  }

  private static double metric(int coordinator, String name) {
    return farm.http(coordinator, "/metrics").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  private static boolean sees(int coordinator, int members) {
    return metric(coordinator, "slipway_cluster_members") == members;
  }

  private static BuildDirectory application(String salt) {
    return BuildDirectory.of(
            "FROM busybox AS one\nRUN echo %1$s > /one\nFROM busybox\nCOPY --from=one /one /one\nCOPY file /file\nRUN cat /one /file > /both\n"
                .formatted(salt))
        .with("file", "of the client " + salt);
  }

  @Test
  @Order(1)
  void everyEndpointKnowsAllWorkersAndWhatTheOthersBuilt() {
    String salt = UUID.randomUUID().toString();
    BuildDirectory application = application(salt);

    for (int coordinator = 1; coordinator <= 3; coordinator++) {
      String tag = REGISTRY.image("cluster/endpoint:" + coordinator);
      Command.Result built =
          new Buildx(farm.endpoint(coordinator))
              .build(application.path(), "-t", tag, "--push")
              .orThrow();

      assertThat(farm.http(coordinator, "/api/v1/workers").orElseThrow())
          .contains("worker-1")
          .contains("worker-2");
      assertThat(built.output().contains("CACHED")).isEqualTo(coordinator > 1);
      assertThat(
              PushedImage.read(REGISTRY, "cluster/endpoint", Integer.toString(coordinator), "amd64")
                  .text("both"))
          .contains(salt)
          .contains("of the client " + salt);
    }
  }

  @Test
  @Order(2)
  void aBuildWhoseCallsAreSpreadOverAllIsOneBuild() {
    String salt = UUID.randomUUID().toString();
    try (CallSpreader spreader =
        new CallSpreader(IntStream.rangeClosed(1, 3).mapToObj(farm::endpoint).toList())) {
      Buildx buildx = new Buildx(spreader.endpoint());
      for (String tag : List.of("a", "b", "c")) {
        buildx
            .build(
                application(salt + tag).path(),
                "-t",
                REGISTRY.image("cluster/spread:" + tag),
                "--push")
            .orThrow();

        assertThat(PushedImage.read(REGISTRY, "cluster/spread", tag, "amd64").text("both"))
            .contains("of the client " + salt + tag);
      }

      double forwarded = 0;
      for (int coordinator = 1; coordinator <= 3; coordinator++) {
        forwarded += metric(coordinator, "slipway_calls_forwarded_total");
      }
      System.out.println(
          "of " + spreader.calls() + " calls " + (int) forwarded + " were passed on");
      assertThat(forwarded).isPositive();
    }
  }

  @Test
  @Order(3)
  void aKilledWorkerThatComesBackServesFromItsOldCacheWithinSeconds() throws Exception {
    String once =
        "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /made # " + UUID.randomUUID();
    build(farm.endpoint(1), once, "1");
    int worker = lastWorker(farm.http(1, "/api/v1/builds").orElseThrow());
    farm.killWorker(worker);
    awaitUntil(() -> IntStream.rangeClosed(1, 3).noneMatch(each -> knows(each, worker)));

    CompletableFuture<Integer> added = CompletableFuture.supplyAsync(farm::addWorker);
    List<CompletableFuture<Instant>> known =
        IntStream.rangeClosed(1, 3)
            .mapToObj(each ->
                CompletableFuture.supplyAsync(
                    () -> {
                      awaitUntil(() -> knows(each, worker));
                      return Instant.now();
                    },
                    Thread.ofVirtual()::start))
            .toList();
    List<Instant> knownAt = known.stream().map(CompletableFuture::join).sorted().toList();
    Command.Result second = build(farm.endpoint(2), once + "\nRUN cat /made > /again", "2");
    Instant served = Instant.now();

    assertThat(added.join()).isEqualTo(worker);
    Instant started = farm.workerStarted(worker);
    Duration spread = Duration.between(knownAt.getFirst(), knownAt.getLast());
    System.out.printf(
        "worker process: known to the first coordinator after %d ms, to all %d ms later, has served a build from its old cache after %d ms%n",
        Duration.between(started, knownAt.getFirst()).toMillis(),
        spread.toMillis(),
        Duration.between(started, served).toMillis());
    assertThat(spread).isLessThan(Duration.ofSeconds(1));
    // Five on a machine that has nothing else to do.
    assertThat(Duration.between(started, served)).isLessThan(Duration.ofSeconds(10));
    assertThat(second.output()).containsPattern("\\[2/3] RUN cat /proc[^\n]*\n#\\d+ CACHED");
    assertThat(PushedImage.read(REGISTRY, "cluster/life", "2", "amd64").text("again"))
        .isEqualTo(PushedImage.read(REGISTRY, "cluster/life", "1", "amd64").text("made"));
  }

  private static Command.Result build(String endpoint, String dockerfile, String tag) {
    return new Buildx(endpoint)
        .build(
            BuildDirectory.of(dockerfile + "\n").path(),
            "-t",
            REGISTRY.image("cluster/life:" + tag),
            "--push")
        .orThrow();
  }

  private static boolean knows(int coordinator, int worker) {
    return farm.http(coordinator, "/api/v1/workers")
        .filter(workers -> workers.contains("\"worker-" + worker + "\""))
        .isPresent();
  }

  /** The worker that ran a step of the newest build, of which the others come after it. */
  private static int lastWorker(String builds) {
    Matcher worker = Pattern.compile("\"worker\":\"worker-(\\d+)\"").matcher(builds);
    assertThat(worker.find()).as(builds).isTrue();
    return Integer.parseInt(worker.group(1));
  }

  @Test
  @Order(4)
  void aCoordinatorThatHangsIsLeftOutAndComesBack() {
    long stopped = System.nanoTime();
    farm.signalCoordinator(3, "STOP");
    awaitUntil(() -> sees(1, 2) && sees(2, 2));
    print("a coordinator that hangs is left out", stopped);
    new Buildx(farm.endpoint(1))
        .build(
            application(UUID.randomUUID().toString()).path(),
            "-t",
            REGISTRY.image("cluster/without:1"),
            "--push")
        .orThrow();

    long resumed = System.nanoTime();
    farm.signalCoordinator(3, "CONT");

    awaitUntil(() ->
        farm.http(3, "/readyz").filter(text -> text.contains("takes no new builds")).isPresent());
    print("it says that it takes no builds", resumed);
    awaitUntil(() -> sees(3, 3) && farm.http(3, "/readyz").filter("ok\n"::equals).isPresent());
    print("it is back", resumed);
    new Buildx(farm.endpoint(3))
        .build(
            application(UUID.randomUUID().toString()).path(),
            "-t",
            REGISTRY.image("cluster/back:1"),
            "--push")
        .orThrow();
  }

  @Test
  @Order(5)
  void theOthersGoOnWithoutTheOneThatWasKilled() {
    String salt = UUID.randomUUID().toString();
    new Buildx(farm.endpoint(1))
        .build(application(salt).path(), "-t", REGISTRY.image("cluster/before:1"), "--push")
        .orThrow();
    long killed = System.nanoTime();

    farm.signalCoordinator(1, "KILL");

    awaitUntil(() -> sees(2, 2) && sees(3, 2));
    print("the death of the oldest coordinator is known", killed);
    for (int coordinator = 2; coordinator <= 3; coordinator++) {
      Command.Result built =
          new Buildx(farm.endpoint(coordinator))
              .build(
                  application(salt).path(),
                  "-t",
                  REGISTRY.image("cluster/after:" + coordinator),
                  "--push")
              .orThrow();
      assertThat(built.output()).contains("CACHED");
      new Buildx(farm.endpoint(coordinator))
          .build(
              application(salt + coordinator).path(),
              "-t",
              REGISTRY.image("cluster/new:" + coordinator),
              "--push")
          .orThrow();
    }
    print("both others have built", killed);
  }

  @Test
  @Order(6)
  void theLastOneRefusesAndSaysWhy() {
    farm.signalCoordinator(2, "KILL");
    awaitUntil(() -> sees(3, 1));

    Command.Result refused =
        new Buildx(farm.endpoint(3))
            .build(
                application(UUID.randomUUID().toString()).path(),
                "-t",
                REGISTRY.image("cluster/alone:1"),
                "--push");

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("sees 1 of the farm's 3 coordinators")
        .contains("start the missing ones");
    assertThat(farm.http(3, "/readyz").orElseThrow()).contains("sees 1 of the farm's 3");
  }
}
