package dev.slipway.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Coordinators that die, hang, or cannot be reached, while another one's build runs. Each test has
 * a farm of its own.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class CoordinatorFaultE2eTest {
  private final LocalRegistry registry = LocalRegistry.shared();
  private final Ordeal ordeal = Ordeal.prepare();

  @Test
  void aBuildSurvivesTheDeathOfTheCoordinatorThatKeepsTheQueue() {
    try (Farm farm = Farm.start(3, 2, registry.mirrorConfig());
        Command build = ordeal.begin(new Buildx(farm.endpoint(2)), registry.address())) {
      Ordeal.awaitPhase(farm, "executing", 1, 2);

      farm.signalCoordinator(1, "KILL"); // the oldest

      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }

  @Test
  void aBuildSurvivesACoordinatorThatHangsWithTheQueue() {
    try (Farm farm = Farm.start(3, 2, registry.mirrorConfig());
        Command build = ordeal.begin(new Buildx(farm.endpoint(3)), registry.address())) {
      Ordeal.awaitPhase(farm, "executing", 1, 2);

      farm.signalCoordinator(1, "STOP");

      ordeal.survives(build, farm);
      farm.signalCoordinator(1, "CONT");
      Awaitility.await("the one that hung is ready again")
          .atMost(Duration.ofSeconds(60))
          .until(() -> farm.http(1, "/readyz").orElse("").startsWith("ok"));
    }
  }

  @Test
  void aBuildSurvivesWhenAllWorkersAreCutOffAndComeBack() {
    assumeTrue(Workplace.root(), "cutting a link needs root");
    try (Farm farm = Farm.start(2);
        Command build = ordeal.begin(farm)) {
      Ordeal.awaitPhase(farm, "executing", 1, 2);
      String port = farm.workersAddress().replaceFirst(".*:", "");

      try (Cut _ = Cut.of(port)) {
        Awaitility.await("the coordinator gives the workers up")
            .atMost(Duration.ofSeconds(30))
            .until(() -> !farm.http("/api/v1/workers").contains("\"worker-1\""));
      }

      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }
}
