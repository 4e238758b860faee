package dev.slipway.fuzz;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

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

/** Seeds of fuzz targets, each as a test of the module that it is asked in. */
public final class FuzzSeeds {
  /** Far longer than any takes. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private FuzzSeeds() {}

  /** What a fuzzer calls. */
  public interface Target {
    void run(byte[] data) throws Exception;
  }

  /** One test for each seed of the targets, by their names. */
  public static List<DynamicTest> tests(Map<String, Target> targets) throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, Target> target : new TreeMap<>(targets).entrySet()) {
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
