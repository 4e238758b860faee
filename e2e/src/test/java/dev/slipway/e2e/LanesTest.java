package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classes run side by side; what they share is said. */
class LanesTest {
  private static final Path TESTS = Workplace.tree().resolve("e2e/src/test/java/dev/slipway/e2e");

  static Stream<Path> classes() throws IOException {
    return Files.list(TESTS).filter(file -> file.toString().endsWith("Test.java"));
  }

  @ParameterizedTest
  @MethodSource("classes")
  void whoUsesTheSharedFarmSaysSo(Path file) throws IOException {
    String source = Files.readString(file);

    assertThat(source.contains("\n@OnSharedFarm\n"))
        .as(file.getFileName().toString())
        .isEqualTo(source.contains("SharedFarm" + ".get()"));
  }
}
