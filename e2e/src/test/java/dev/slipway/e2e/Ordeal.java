package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A build with a bit of everything (a pulled base, processes, many files, big files that move
 * between workers, a push), made so that its image is the same byte for byte whenever it is made.
 * It is disturbed, and must come out as if it were not.
 */
final class Ordeal {
  private static final String EPOCH = "1700000000";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /**
   * Directories to mount at are in the base: who has none gets them from the runtime, with the time
   * of day.
   */
  private static final String APP =
      """
      FROM busybox AS base
      COPY root/ /
      FROM base AS many
      RUN mkdir /many && seq 1 20000 | sed 's/^/\\/many\\/f/' | xargs touch && find /many | xargs touch -h -d @1700000000
      FROM base AS left
      RUN sleep 1 && dd if=/dev/zero of=/left bs=1M count=150 2>/dev/null && touch -d @1700000000 /left
      FROM base AS right
      RUN sleep 1 && dd if=/dev/zero of=/right bs=1M count=150 2>/dev/null && touch -d @1700000000 /right
      FROM base
      COPY --from=many /many/f1 /many/f20000 /
      COPY --from=left /left /left
      COPY --from=right /right /right
      RUN echo ordeal-step && sleep 1 && cat /left /right | sha256sum > /sum && touch -d @1700000000 /sum
      """;

  private static String undisturbed;

  private final LocalRegistry registry = LocalRegistry.shared();
  private final BuildDirectory app;
  private final String repository = "ordeal/" + UUID.randomUUID();

  private Ordeal() {
    app = BuildDirectory.of(APP);
    Instant then = Instant.ofEpochSecond(Long.parseLong(EPOCH));
    try {
      for (String name : List.of("root/dev", "root/proc", "root/sys")) {
        Path directory = Files.createDirectories(app.path().resolve(name));
        Files.setLastModifiedTime(directory, FileTime.from(then));
      }
      Files.setLastModifiedTime(app.path().resolve("root"), FileTime.from(then));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new one, with a repository of its own to push to. */
  static Ordeal prepare() {
    return new Ordeal();
  }

  /** Starts the build; the image goes to the shared registry. */
  Command begin(Farm farm) {
    return begin(farm.buildx(), registry.address());
  }

  /**
   * Starts the build through that client; the image goes to the shared registry by way of that
   * address.
   */
  Command begin(Buildx client, String registryAddress) {
    return client.startBuild(
        app.path(),
        "--build-arg",
        "SOURCE_DATE_EPOCH=" + EPOCH,
        "-t",
        registryAddress + "/" + repository + ":1",
        "--push");
  }

  /** Waits for a build that must have come out as if nothing had happened. */
  void survives(Command build, Farm farm) {
    Command.Result result = build.await(PATIENCE);
    assertThat(result.exitCode()).as(() -> result.output() + farm.logs()).isZero();
    assertThat(digest()).as(result.output()).isEqualTo(undisturbed());
  }

  /** The digest of the image that was pushed. */
  String digest() {
    return sha256(registry.manifest(repository, "1"));
  }

  /** The digest of the image when nothing disturbs its build. */
  static synchronized String undisturbed() {
    if (undisturbed == null) {
      Ordeal quiet = prepare();
      try (Farm farm = Farm.start(2);
          Command build = quiet.begin(farm)) {
        build.await(PATIENCE).orThrow();
        undisturbed = quiet.digest();
      }
    }
    return undisturbed;
  }

  /** Waits until one of the workers is in that phase and returns its number. */
  static int awaitPhase(Farm farm, String phase, int... workers) {
    String gauge = "slipway_worker_phase{phase=\"" + phase + "\"}";
    return Awaitility.await("a worker is " + phase)
        .pollInterval(Duration.ofMillis(15))
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                IntStream.of(workers)
                    .filter(worker -> farm.workerMetric(worker, gauge) > 0)
                    .findFirst()
                    .orElse(0),
            worker -> worker > 0);
  }

  /** Nothing of the build is left on the workers but their cache. */
  static void leavesNothing(Farm farm, int... workers) {
    for (int worker : workers) {
      Awaitility.await("worker " + worker + " has cleaned up")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            assertThat(farm.containers(worker)).as("containers").isEmpty();
            assertThat(farm.mountedRoots(worker)).as("mounted roots").isZero();
            assertThat(halfMade(farm.workerRoot(worker))).as("half-made files").isEmpty();
          });
    }
    assertThat(farm.runs("ordeal-step")).as("a step lives on").isFalse();
  }

  private static List<Path> halfMade(Path workerRoot) {
    List<Path> found = new ArrayList<>();
    for (String place : List.of("snapshots/incoming", "snapshots/mounts", "scratch")) {
      try (Stream<Path> files = Files.list(workerRoot.resolve(place))) {
        files.forEach(found::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
