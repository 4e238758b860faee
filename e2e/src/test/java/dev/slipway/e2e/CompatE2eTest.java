package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The farm makes the image that the BuildKit inside Docker's engine makes: every folder of {@code
 * resources/compat} is built by both, and config and files are compared. A folder holds {@code
 * context} (with the Dockerfile) and, where wanted, {@code args} (flags of the build, a line each),
 * {@code links} (symbolic links of the context, {@code path target} a line) and {@code engine} (the
 * first version of the engine that does it as BuildKit does today).
 */
@OnSharedFarm
class CompatE2eTest {
  private static final String TAG = "1";

  /** Of every file of every context: long before the build. */
  private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));

  @TestFactory
  Stream<DynamicTest> theFarmMakesTheImageThatBuildKitMakes() throws IOException {
    if (!Engine.possible()) {
      return Stream.of(
          DynamicTest.dynamicTest(
              "needs a Docker engine",
              () ->
                  assumeTrue(
                      false,
                      "a Docker engine to compare with needs root and the package docker.io")));
    }
    Path cases = Workplace.tree().resolve("e2e/src/test/resources/compat");
    try (Stream<Path> folders = Files.list(cases)) {
      Comparison comparison = new Comparison();
      return folders.filter(Files::isDirectory).sorted().toList().stream()
          .map(folder ->
              DynamicTest.dynamicTest(
                  folder.getFileName().toString().replace('-', ' '),
                  folder.toUri(),
                  () -> comparison.of(folder)));
    }
  }

  /** Both builders and the registry that both push to. */
  private static final class Comparison {
    private final LocalRegistry registry = LocalRegistry.shared();
    private final Farm farm = SharedFarm.get();
    private final EngineBuilder engine = new EngineBuilder(registry);
    private final ImageText text =
        new ImageText(registry, "library/busybox", Instant.now().minusSeconds(1));

    void of(Path folder) throws IOException {
      Path version = folder.resolve("engine");
      if (Files.exists(version)) {
        int first = Integer.parseInt(Files.readString(version).strip());
        assumeTrue(
            engine.version() >= first,
            () -> "the engine is " + engine.version() + "; this needs " + first + " or later");
      }
      String name = folder.getFileName().toString();
      Path context = context(folder);

      engine.build(context, flags(folder, "compat/engine/" + name)).orThrow();
      farm.buildx().build(context, flags(folder, "compat/farm/" + name)).orThrow();

      List<String> wanted = text.of("compat/engine/" + name, TAG);
      List<String> made = text.of("compat/farm/" + name, TAG);
      assertThat(without(made, wanted))
          .as("only the farm's image has this; BuildKit's has %s", without(wanted, made))
          .isEmpty();
      assertThat(made).isEqualTo(wanted);
    }

    private static List<String> without(List<String> lines, List<String> others) {
      return lines.stream().filter(line -> !others.contains(line)).toList();
    }

    private String[] flags(Path folder, String repository) throws IOException {
      List<String> flags =
          new ArrayList<>(
              List.of(
                  "-t", registry.image(repository + ":" + TAG), "--push", "--provenance=false"));
      if (Files.exists(folder.resolve("args"))) {
        flags.addAll(Files.readAllLines(folder.resolve("args")));
      }
      return flags.toArray(String[]::new);
    }
  }

  /** A copy whose modes and times do not depend on how the source tree came here. */
  private static Path context(Path folder) throws IOException {
    Path from = folder.resolve("context");
    Path to = Workplace.folder("context");
    try (Stream<Path> files = Files.walk(from)) {
      files
          .filter(file -> !file.equals(from))
          .forEach(file -> copy(file, to.resolve(from.relativize(file).toString())));
    }
    if (Files.exists(folder.resolve("links"))) {
      for (String line : Files.readAllLines(folder.resolve("links"))) {
        String[] words = line.split(" ");
        Files.createSymbolicLink(to.resolve(words[0]), Path.of(words[1]));
      }
    }
    try (Stream<Path> files = Files.walk(to)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .setTimes(LONG_AGO, LONG_AGO, null);
      }
    }
    return to;
  }

  private static void copy(Path from, Path to) {
    try {
      boolean directory = Files.isDirectory(from);
      if (directory) {
        Files.createDirectory(to);
      } else {
        Files.copy(from, to);
      }
      Files.setPosixFilePermissions(
          to, PosixFilePermissions.fromString(directory ? "rwxr-xr-x" : "rw-r--r--"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
