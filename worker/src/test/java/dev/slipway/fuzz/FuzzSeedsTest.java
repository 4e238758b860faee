package dev.slipway.fuzz;

import dev.slipway.layers.LayerTarFuzz;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every seed, and every input that a fuzzer broke something with, once more. */
class FuzzSeedsTest {
  @TestFactory
  List<DynamicTest> takesEverySeed() throws IOException {
    return FuzzSeeds.tests(Map.of("LayerTarFuzz", LayerTarFuzz::fuzzerTestOneInput));
  }
}
