package dev.slipway.fuzz;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.slipway.frontend.dockerfile.IgnoreFileFuzz;
import dev.slipway.frontend.dockerfile.convert.DockerfileFuzz;
import dev.slipway.session.ListingFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every seed, and every input that a fuzzer broke something with, once more. */
class FuzzSeedsTest {
  private static final Map<String, Target> TARGETS =
      Map.ofEntries(
          Map.entry("DockerfileFuzz", DockerfileFuzz::fuzzerTestOneInput),
          Map.entry("IgnoreFileFuzz", IgnoreFileFuzz::fuzzerTestOneInput),
          Map.entry("ListingFuzz", ListingFuzz::fuzzerTestOneInput));

  /** Far longer than any takes; as long as the fuzzer waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private interface Target {
    void run(byte[] data) throws Exception;
  }

  @TestFactory
  List<DynamicTest> takesEverySeed() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, Target> target : new TreeMap<>(TARGETS).entrySet()) {
      Path folder = Path.of("src/test/resources/fuzz", target.getKey());
      try (Stream<Path> seeds = Files.list(folder)) {
        for (Path seed : seeds.sorted().toList()) {
          byte[] data = Files.readAllBytes(seed);
          tests.add(
              DynamicTest.dynamicTest(
                  target.getKey() + " " + seed.getFileName(),
                  () -> assertTimeoutPreemptively(PATIENCE, () -> target.getValue().run(data))));
        }
      }
    }
    return tests;
  }
}
