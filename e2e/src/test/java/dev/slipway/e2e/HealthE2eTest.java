package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What operators look at. */
@OnSharedFarm
class HealthE2eTest {
  private final Farm farm = SharedFarm.get();

  @Test
  void bothProcessesAnswerHealthAndMetrics() {
    assertThat(farm.http("/livez")).contains("ok");
    assertThat(farm.http("/readyz")).contains("ok");
    assertThat(farm.http("/metrics")).contains("slipway_").contains("# HELP");
    assertThat(farm.workerHttp(1, "/livez")).contains("ok");
    assertThat(farm.workerHttp(1, "/readyz")).contains("ok");
    assertThat(farm.workerHttp(1, "/metrics")).contains("# HELP");
  }

  @Test
  void statusShowsWorkersAndBuilds() {
    String status =
        Command.run(
                java.time.Duration.ofSeconds(20),
                java.util.List.of(Workplace.slipway(), "status", "--root", farm.root().toString()))
            .orThrow()
            .output();

    assertThat(status)
        .contains("worker-1")
        .contains("worker-2")
        .contains("linux/amd64")
        .contains(farm.endpoint());
  }
}
