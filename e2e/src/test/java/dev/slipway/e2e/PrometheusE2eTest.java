package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.telemetry.Catalogue;
import dev.slipway.telemetry.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real Prometheus watches a farm that builds: rules, alerts and every panel have data. */
@OnSharedFarm
class PrometheusE2eTest {
  private static final Path RULES = Workplace.tree().resolve("deploy/prometheus/rules");
  private static final Path RUNBOOKS = Workplace.tree().resolve("docs/runbooks");
  private static final Farm FARM = SharedFarm.get();
  private static final LocalRegistry REGISTRY = LocalRegistry.shared();
  private static final String IMAGE = REGISTRY.image("watched/app:" + UUID.randomUUID());
  private static PrometheusServer prometheus;

  @BeforeAll
  static void buildAndScrape() {
    prometheus =
        PrometheusServer.start(
            List.of(FARM.httpAddress()), List.of(FARM.workerAddress(1), FARM.workerAddress(2)));
    Awaitility.await("all are scraped")
        .atMost(Duration.ofSeconds(10))
        .until(() -> prometheus.value("sum(up)") == 3);
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nCOPY file /\nRUN echo %s > /x\n".formatted(IMAGE))
            .with("file", "of the client");
    FARM.buildx().build(app.path(), "-t", IMAGE, "--push").orThrow();
    FARM.buildx().build(app.path(), "-t", IMAGE + "-again", "--push").orThrow();
    BuildDirectory broken = BuildDirectory.of("FROM busybox\nRUN exit 3 # " + IMAGE + "\n");
    assertThat(FARM.buildx().build(broken.path()).exitCode()).isNotZero();
    Awaitility.await("the builds are seen, twice")
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            prometheus.value(
                    "sum(increase(slipway_build_errors_total{blame=\"user\"}[3s] offset 1s))")
                > 0);
  }

  @AfterAll
  static void stop() {
    prometheus.close();
  }

  @Test
  void everyPanelHasData() {
    List<String> empty = new ArrayList<>();
    List<Dashboards.Query> queries = Dashboards.queries();

    for (Dashboards.Query query : queries) {
      if (prometheus.query(query.expression()).isEmpty()) {
        empty.add(query.from() + ": " + query.expression());
      }
    }

    assertThat(empty).isEmpty();
    assertThat(queries).hasSizeGreaterThan(100);
  }

  @Test
  void dashboardsAreWhatTheirSourcesSay() throws IOException {
    Path folder = Workplace.tree().resolve("dashboards");
    for (Path file : Dashboards.files()) {
      String source =
          file.getFileName().toString().replace("slipway-", "").replace(".json", ".board");
      Command.Result made =
          Command.run(
              Duration.ofSeconds(10),
              List.of(
                  "jq",
                  "-f",
                  folder.resolve("expand.jq").toString(),
                  folder.resolve("source").resolve(source).toString()));
      assertThat(made.orThrow().output())
          .as("%s: run `make dashboards`", file)
          .isEqualTo(Files.readString(file));
    }
    assertThat(Dashboards.files())
        .extracting(file -> Dashboards.read(file).path("uid").asText())
        .containsExactlyInAnyOrder(
            "slipway-farm",
            "slipway-builds",
            "slipway-workers",
            "slipway-cache",
            "slipway-tenants",
            "slipway-coordinators");
  }

  @Test
  void promtoolAcceptsTheRulesAndTheirTestsAndTheExample() throws IOException {
    for (Path file : files(RULES)) {
      promtool("check", "rules", file.toString());
    }
    for (Path file : files(RULES.resolveSibling("tests"))) {
      promtool("test", "rules", file.toString());
    }
    promtool("check", "config", RULES.resolveSibling("prometheus.yml").toString());
  }

  @Test
  void panelsHaveIdsAndPlacesOfTheirOwn() {
    for (Path file : Dashboards.files()) {
      Set<String> taken = new HashSet<>();
      Set<Integer> ids = new HashSet<>();
      for (JsonNode panel : Dashboards.read(file).path("panels")) {
        assertThat(ids.add(panel.path("id").asInt())).as("%s: %s", file, panel).isTrue();
        JsonNode place = panel.path("gridPos");
        int right = place.path("x").asInt() + place.path("w").asInt();
        assertThat(right).as("%s: %s", file, panel).isLessThanOrEqualTo(24);
        for (int x = place.path("x").asInt(); x < right; x++) {
          for (int y = 0; y < place.path("h").asInt(); y++) {
            assertThat(taken.add(x + "," + (place.path("y").asInt() + y)))
                .as("%s: %s overlaps", file, panel.path("title"))
                .isTrue();
          }
        }
      }
    }
  }

  private static void promtool(String... arguments) {
    Command.run(
            Duration.ofSeconds(20),
            Stream.concat(Stream.of("promtool"), Stream.of(arguments)).toList())
        .orThrow();
  }

  @Test
  void everyRuleIsEvaluatedAndNoAlertFiresInAHealthyFarm() {
    JsonNode groups = prometheus.get("/api/v1/rules").path("groups");

    assertThat(groups).hasSizeGreaterThanOrEqualTo(2);
    for (JsonNode group : groups) {
      for (JsonNode rule : group.path("rules")) {
        assertThat(rule.path("health").asText())
            .as("%s: %s", rule.path("name").asText(), rule.path("lastError").asText())
            .isEqualTo("ok");
        if (rule.path("type").asText().equals("recording")) {
          assertThat(prometheus.query(rule.path("name").asText()))
              .as(rule.path("name").asText())
              .isNotEmpty();
        } else {
          assertThat(rule.path("state").asText())
              .as(rule.path("name").asText())
              .isEqualTo("inactive");
        }
      }
    }
  }

  @Test
  void everyAlertHasARunbookAndEveryRunbookAnAlert() throws IOException {
    List<String> alerts = new ArrayList<>();
    for (JsonNode group : prometheus.get("/api/v1/rules?type=alert").path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        String page = rule.path("annotations").path("runbook_url").asText();
        assertThat(page).isEqualTo("docs/runbooks/%s.md".formatted(rule.path("name").asText()));
        assertThat(Files.readString(Workplace.tree().resolve(page)))
            .contains("## What it means", "## How to look", "## What to do", "## When it is over");
        alerts.add(rule.path("name").asText() + ".md");
      }
    }
    assertThat(files(RUNBOOKS))
        .extracting(file -> file.getFileName().toString())
        .containsExactlyInAnyOrderElementsOf(alerts);
  }

  @Test
  void whatIsScrapedIsDocumented() {
    List<String> ours =
        Catalogue.all().stream().map(metric -> metric.declaration().prometheusName()).toList();
    List<String> unknown =
        Stream.of(FARM.http("/metrics"), FARM.workerHttp(1, "/metrics"))
            .flatMap(String::lines)
            .filter(line -> line.startsWith("# TYPE "))
            .map(line -> line.split(" ")[2])
            .filter(name -> !ours.contains(name.replaceFirst("_max$", "")))
            .filter(name ->
                Catalogue.Foreign.ALL.stream()
                    .noneMatch(foreign -> name.startsWith(foreign.prefix())))
            .toList();
    assertThat(unknown).isEmpty();
    for (Metric metric : Catalogue.all()) {
      String name = metric.declaration().prometheusName();
      assertThat(prometheus.query("{__name__=~\"" + name + "(_count)?\"}")).as(name).isNotEmpty();
    }
  }

  @Test
  void figuresSayWhatHappened() {
    assertThat(prometheus.value("sum(slipway_images_pushed_total)")).isGreaterThanOrEqualTo(2);
    assertThat(prometheus.value("sum(slipway_cache_lookups_total{outcome=\"hit\"})"))
        .isGreaterThanOrEqualTo(1);
    assertThat(prometheus.value("sum(slipway_build_errors_total{blame=\"user\"})"))
        .isGreaterThanOrEqualTo(1);
    assertThat(
            prometheus.value(
                "sum(buildkit_builds_total{status=\"failure\",error_code=\"Unknown\"})"))
        .isGreaterThanOrEqualTo(1);
    assertThat(prometheus.value("sum(slipway_context_received_bytes_total)")).isPositive();
    assertThat(prometheus.value("sum(slipway_worker_phase_seconds_count{phase=\"packing\"})"))
        .isPositive();
  }

  @Test
  void logsTellTheLifeOfABuildAndWhoDidWhat() throws IOException {
    // The builds are over, the last words of their workers may be on their way.
    Path file = FARM.root().resolve("log/coordinator.log");
    Awaitility.await("all stages have ended")
        .atMost(Duration.ofSeconds(5))
        .until(() -> count(file, "build: stage placed") == count(file, "build: stage ended"));
    List<String> log = Files.readAllLines(file);
    String pushed = only(log, "audit: pushed", "image=\"" + IMAGE + "\"");
    assertThat(pushed)
        .contains("who=\"anonymous\"", "from=\"127.0.0.1\"", "tenant=\"default\"")
        .contains("digest=\"sha256:");
    String build = pushed.replaceFirst(".* build=\"([^\"]+)\".*", "build=\"$1\"");
    assertThat(only(log, "audit: built", build)).contains("state=\"SUCCEEDED\"");
    only(log, "build: build started", build);
    only(log, "build: build ended", build);
    String placed =
        log.stream()
            .filter(line -> line.contains("build: stage placed") && line.contains(build))
            .findFirst()
            .orElseThrow();
    String stage = placed.replaceFirst(".* stage=\"([^\"]+)\".*", "stage=\"$1\"");
    String worker = placed.replaceFirst(".* worker=\"([^\"]+)\".*", "$1");
    only(log, "build: stage queued", stage);
    assertThat(only(log, "build: stage ended", stage)).contains("outcome=\"SUCCEEDED\"");
    List<String> there = Files.readAllLines(FARM.root().resolve("log/" + worker + ".log"));
    assertThat(only(there, "build: stage begun here", stage)).contains(build);
    only(there, "build: stage ended here", stage);

    FARM.buildx().run("prune", "--force", "--filter", "id=nothing-of-that-name").orThrow();

    Awaitility.await("the prune is told")
        .atMost(Duration.ofSeconds(5))
        .until(() ->
            Files.readAllLines(FARM.root().resolve("log/coordinator.log")).stream()
                .anyMatch(line ->
                    line.contains("audit: pruned") && line.contains("nothing-of-that-name")));
  }

  private static long count(Path file, String event) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.filter(line -> line.contains(event)).count();
    }
  }

  private static String only(List<String> log, String event, String of) {
    List<String> lines =
        log.stream().filter(line -> line.contains(event) && line.contains(of)).toList();
    assertThat(lines).as("%s %s", event, of).hasSize(1);
    return lines.getFirst();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
