package dev.slipway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.telemetry.Declaration.Type;
import dev.slipway.telemetry.Declaration.Where;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CatalogueTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Meters meters = new Meters(registry);

  @Test
  void thePageIsWhatTheCatalogueGenerates() throws Exception {
    Path page = Path.of("..", "docs", "metrics.md");
    assertThat(Files.readString(page)).as("run `make metrics`").isEqualTo(Catalogue.markdown());
  }

  @Test
  void namesFollowTheConventions() {
    List<Declaration> all = Catalogue.all().stream().map(Metric::declaration).toList();

    assertThat(all).extracting(Declaration::prometheusName).doesNotHaveDuplicates();
    assertThat(all)
        .allSatisfy(metric -> {
          assertThat(metric.prometheusName()).matches("(slipway|buildkit)_[a-z]+(_[a-z]+)*");
          assertThat(metric.help()).endsWith(".");
          assertThat(metric.name())
              .as("a unit belongs at the end")
              .matches(
                  switch (metric.type()) {
                    case DURATION -> ".*[.]seconds";
                    case SIZE -> ".*[.]bytes";
                    case COUNTER, GAUGE -> ".*";
                  });
        });
  }

  @Test
  void whatIsDeclaredIsThereAtZeroUnderItsName() {
    meters.declare(Where.COORDINATOR);
    String scraped = registry.scrape();

    for (Metric metric : Catalogue.all()) {
      Declaration declaration = metric.declaration();
      boolean there =
          declaration.where() != Where.WORKER
              && declaration.type() != Type.GAUGE
              && declaration.labels().stream().allMatch(Label::isClosed);
      String name =
          declaration.prometheusName() + (declaration.type() == Type.COUNTER ? "" : "_count");
      assertThat(scraped.lines().anyMatch(line -> line.matches(name + "([{ ].*)? 0[.]0")))
          .as(name)
          .isEqualTo(there);
    }
  }

  @Test
  void durationsAreHistogramsOfSeconds() {
    meters.record(BuildMetric.BUILD_SECONDS, Duration.ofMillis(700), BuildMetric.Outcome.SUCCEEDED);

    assertThat(registry.scrape())
        .contains("slipway_build_seconds_sum{outcome=\"succeeded\",} 0.7")
        .contains("slipway_build_seconds_bucket{outcome=\"succeeded\",le=\"0.5\",} 0.0")
        .contains("slipway_build_seconds_bucket{outcome=\"succeeded\",le=\"1.0\",} 1.0");
  }

  @Test
  void aLabelTakesNoValueThatIsNotDeclared() {
    assertThatThrownBy(() -> meters.count(BuildMetric.BUILDS, "docker.io/library/secret"))
        .hasMessageContaining("slipway.builds");
    assertThatThrownBy(() -> meters.count(BuildMetric.BUILDS)).hasMessageContaining("labels");
  }

  @Test
  void aPhaseIsSeenWhileItGoesOnAndMeasuredWhenItIsOver() {
    meters.declare(Where.WORKER);
    String now = "slipway_worker_phase{phase=\"pushing\",} ";
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.PUSHING)) {
      assertThat(registry.scrape()).contains(now + "1.0");
    }
    assertThat(registry.scrape())
        .contains(now + "0.0")
        .contains("slipway_worker_phase_seconds_count{phase=\"pushing\",} 1.0");
  }

  @Test
  void aCounterMayBeSomebodyElses() {
    meters.declare(Where.WORKER);
    meters.counter(TransferMetric.REGISTRY_RETRIES, () -> 7);

    assertThat(registry.scrape()).contains("slipway_registry_retries_total 7.0");
  }
}
