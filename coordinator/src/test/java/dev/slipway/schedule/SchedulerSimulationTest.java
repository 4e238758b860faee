package dev.slipway.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerSimulationTest {
  private static final Platform AMD64 = Platform.LINUX_AMD64;
  private static final Platform ARM64 = Platform.LINUX_ARM64;

  @Test
  void placesAHundredThousandStagesOnTenThousandWorkers() {
    SimulatedFarm farm = new SimulatedFarm(SchedulerConfig.DEFAULTS, 1);
    Random random = new Random(2);
    long start = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      boolean arm = i % 4 == 0;
      farm.join(
          new WorkerCapacity(
              "w" + i, Set.of(arm ? ARM64 : AMD64), arm ? Set.of() : Set.of(ARM64), 1 + i % 4));
    }
    for (int i = 0; i < 100_000; i++) {
      Map<String, Long> held = new HashMap<>();
      for (int holder = 0; holder < 8; holder++) {
        held.put("w" + random.nextInt(10_000), (long) random.nextInt(1 << 30));
      }
      farm.submit(
          new StageRequest("s" + i, "b" + i % 500, "t" + i % 20, i % 3 == 0 ? ARM64 : AMD64, held));
    }
    while (farm.ended.size() < 100_000) {
      farm.step();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "%d decisions in %.2f s: %.0f a second; p99 of an event %d us%n",
        farm.decisions, seconds, farm.decisions / seconds, farm.p99Micros());

    assertThat(farm.decisions).isEqualTo(100_000);
    assertThat(farm.state.stats().running()).isZero();
    assertThat(seconds).as("seconds, on a machine that runs other tests too").isLessThan(180);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyStageEndsOnceWhateverHappens(int round) {
    long seed = System.nanoTime() + round;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    SimulatedFarm farm = new SimulatedFarm(SchedulerConfig.DEFAULTS, seed);
    farm.join(new WorkerCapacity("steady", Set.of(AMD64), Set.of(ARM64), 2));
    int submitted = 0;
    for (int i = 0; i < 5000; i++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          String build = "b" + random.nextInt(12);
          Map<String, Long> held = Map.of("w" + random.nextInt(10), random.nextLong(1L << 32));
          farm.submit(
              new StageRequest(
                  "s" + submitted++,
                  build,
                  "t" + build.hashCode() % 3,
                  random.nextBoolean() ? AMD64 : ARM64,
                  held));
        }
        case 3 ->
            farm.join(
                new WorkerCapacity(
                    "w" + random.nextInt(10),
                    Set.of(random.nextBoolean() ? AMD64 : ARM64),
                    Set.of(),
                    1 + random.nextInt(4)));
        case 4 -> farm.leave("w" + random.nextInt(10));
        case 5 -> farm.refuseSomething();
        default -> farm.step();
      }
    }
    for (int i = 0; farm.ended.size() < submitted && i < 1_000_000; i++) {
      farm.step();
    }

    assertThat(farm.ended).as("seed %d", seed).hasSize(submitted);
    assertThat(farm.state.stats().waiting()).isZero();
    assertThat(farm.state.stats().running()).isZero();
    assertThat(farm.used.values()).allMatch(used -> used == 0);
  }

  @Test
  void twoBuildsShareTheFarmEvenly() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SimulatedFarm farm = new SimulatedFarm(SchedulerConfig.DEFAULTS, seed);
    farm.join(new WorkerCapacity("w", Set.of(AMD64), Set.of(), 10));
    for (String build : List.of("first", "second")) {
      for (int i = 0; i < 1000; i++) {
        farm.submit(new StageRequest(build + i, build, "t", AMD64, Map.of()));
      }
    }
    for (int i = 0; i < 20; i++) {
      farm.step();
    }

    for (int i = 0; i < 1000; i++) {
      farm.step();
      assertThat(farm.runningByBuild.get("first")).as("seed %d", seed).isCloseTo(5, within(1));
      assertThat(farm.runningByBuild.get("second")).as("seed %d", seed).isCloseTo(5, within(1));
    }
  }

  @Test
  void tellsAHundredThousandWaitingStagesTheirPlacesQuickly() {
    SchedulerState state = new SchedulerState(SchedulerConfig.DEFAULTS, 0);
    Recorder listener = new Recorder();
    for (int i = 0; i < 100_000; i++) {
      state.handle(
          new SchedulerEvent.Submitted(
              new StageRequest("s" + i, "b" + i % 1000, "t" + i % 10, AMD64, Map.of()), listener),
          0);
    }
    long start = System.nanoTime();
    List<Notice> notices =
        state.handle(new SchedulerEvent.Ticked(), Duration.ofSeconds(2).toNanos());
    System.out.println("100,000 places told in " + (System.nanoTime() - start) / 1_000_000 + " ms");

    assertThat(notices.stream().map(notice -> ((Notice.Waiting) notice).ahead()).sorted().toList())
        .startsWith(0, 1, 2)
        .endsWith(99_999);
  }
}
