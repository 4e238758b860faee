package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Several faults at once, drawn from a seed. More seeds: {@code make storm SEEDS=1-20}; the seed of
 * a storm that a build did not survive, alone, repeats it.
 */
@Order(1)
class StormE2eTest {
  private static final String SEEDS = System.getProperty("slipway.storm.seeds", "6");

  private final LocalRegistry registry = LocalRegistry.shared();
  private final Ordeal ordeal = Ordeal.prepare();

  static LongStream seeds() {
    return Stream.of(SEEDS.split(","))
        .flatMapToLong(part -> {
          String[] ends = part.split("-");
          return LongStream.rangeClosed(
              Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1]));
        });
  }

  @Test
  void theSameSeedGivesTheSameStorm() {
    assertThat(Storm.of(3)).isEqualTo(Storm.of(3)).isNotEqualTo(Storm.of(4));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aBuildSurvivesTheStormOf(long seed) throws IOException {
    assumeTrue(Workplace.root(), "cutting a link needs root");
    Storm storm = Storm.of(seed);
    Storm.Gate gate = new Storm.Gate();
    try (RegistryFront front = RegistryFront.before(registry, gate);
        Farm farm = Farm.start(Storm.COORDINATORS, Storm.WORKERS, front.mirrorConfig());
        Command build = ordeal.begin(new Buildx(farm.endpoint(Storm.CLIENTS)), front.address())) {
      storm.rage(farm, gate);

      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, IntStream.rangeClosed(1, Storm.WORKERS).toArray());
    }
  }

  @Test
  void aWorkerWhoseClockIsTwoHoursAheadBuildsWithTheOthers() {
    Path library =
        Path.of("/usr/lib", System.getProperty("os.arch").replace("amd64", "x86_64") + "-linux-gnu")
            .resolve("faketime/libfaketime.so.1");
    assertThat(library).as("of the package faketime").exists();
    Map<String, String> ahead =
        Map.of(
            "LD_PRELOAD", library.toString(),
            "FAKETIME", "+2h",
            "FAKETIME_DONT_FAKE_MONOTONIC", "1",
            "NO_FAKE_STAT", "1");
    try (Farm farm = Farm.start(1)) {
      farm.addWorker(ahead);

      try (Command build = ordeal.begin(farm)) {
        int receiver = Ordeal.awaitPhase(farm, "transferring", 1, 2);
        assertThat(receiver).isPositive();
        ordeal.survives(build, farm);
      }
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }
}
