package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Images, archives and Dockerfiles that want all of a worker's disk, or all of a process's memory:
 * the build fails and says why, nobody else's does, and nothing is left of them.
 */
class BombE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long MEBIBYTE = 1L << 20;

  /** What a farm that has built a few small images takes, logs and base image with it. */
  private static final long NOTHING_LEFT = 48 * MEBIBYTE;

  private static Farm farm;
  private final LocalRegistry registry = LocalRegistry.shared();
  private Instant workerStarted;

  @BeforeAll
  static void start() {
    farm =
        Farm.start(
            1,
            LocalRegistry.shared().mirrorConfig()
                + """
                [worker.oci]
                  max-layer-size = "64MB"
                  max-layer-entries = 20000
                """);
  }

  @AfterAll
  static void stop() {
    farm.close();
  }

  @BeforeEach
  void remember() {
    workerStarted = farm.workerStarted(1);
  }

  @AfterEach
  void nobodyElseNotices() {
    farm.buildx().build(BuildDirectory.of("FROM busybox\nRUN echo well\n").path()).orThrow();
    assertThat(farm.workerStarted(1)).isEqualTo(workerStarted);
    assertThat(bytesOf(farm.workerRoot(1))).isLessThan(NOTHING_LEFT);
  }

  private static long bytesOf(Path folder) {
    List<String> du = List.of("du", "-sb", folder.toString());
    List<String> words =
        Workplace.root()
            ? du
            : java.util.stream.Stream.concat(java.util.stream.Stream.of("rootlesskit"), du.stream())
                .toList();
    return Long.parseLong(Command.run(PATIENCE, words).orThrow().output().split("\\s")[0]);
  }

  private static String failure(BuildDirectory app, String... flags) {
    Command.Result result = farm.buildx().build(app.path(), flags);
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    return result.output();
  }

  private static String failureFrom(String image) {
    return failure(BuildDirectory.of("FROM " + image + "\nCOPY Dockerfile /x\n"));
  }

  @Test
  void aLayerOfZerosIsRefusedByTheNameOfTheBound() {
    String image =
        new CraftedImage()
            .layer(out -> {
              out.header('0', "zeros", 512 * MEBIBYTE);
              out.zeros(512 * MEBIBYTE);
            })
            .push(registry, "bomb/zeros");

    assertThat(failureFrom(image)).contains("64", "bytes (worker.oci.max-layer-size)");
  }

  @Test
  void aLayerOfTinyEntriesIsRefusedByTheNameOfTheBound() {
    String image =
        new CraftedImage()
            .layer(out -> {
              for (int i = 0; i < 100_000; i++) {
                out.header('0', "tiny/" + i, 0);
              }
            })
            .push(registry, "bomb/tiny");

    assertThat(failureFrom(image))
        .contains("more than 20000 entries (worker.oci.max-layer-entries)");
  }

  @Test
  void aNameAsLongAsAHeapIsNotRead() {
    String image =
        new CraftedImage()
            .layer(out -> {
              out.header('L', "name", 2048 * MEBIBYTE);
              out.zeros(2048 * MEBIBYTE);
            })
            .push(registry, "bomb/name");

    assertThat(failureFrom(image)).contains("it has an extended header of 2147483648 bytes");
  }

  @Test
  void headersUponHeadersAreNotFollowed() {
    String image =
        new CraftedImage()
            .layer(out -> {
              for (int i = 0; i < 50_000; i++) {
                out.header('x', "more", 0);
              }
            })
            .push(registry, "bomb/headers");

    assertThat(failureFrom(image)).contains("more than 16 headers about one entry");
  }

  @Test
  void moreLayersThanTheKernelStacksAreRefusedBeforeOneIsMoved() {
    String image = new CraftedImage().small().repeated(3000).push(registry, "bomb/layers");

    assertThat(failureFrom(image)).contains("3001 layers, at most 498 can be stacked");
  }

  @Test
  void anArchiveThatAddUnpacksIsHeldToTheSameBound() {
    byte[] archive =
        CraftedImage.packed(out -> {
          out.header('0', "zeros", 512 * MEBIBYTE);
          out.zeros(512 * MEBIBYTE);
        });
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nADD bomb.tar.gz /unpacked/\n")
            .with("bomb.tar.gz", archive);

    assertThat(failure(app))
        .contains("archive /bomb.tar.gz was refused")
        .contains("(worker.oci.max-layer-size)");
  }

  @Test
  void anImageThatBringsEndlessTriggersIsRefused() {
    String triggers =
        IntStream.range(0, 100_000).mapToObj(_ -> "\"RUN a\"").collect(Collectors.joining(","));
    String image =
        new CraftedImage()
            .small()
            .config("{\"OnBuild\":[%s]}".formatted(triggers))
            .push(registry, "bomb/onbuild");

    assertThat(failureFrom(image)).contains("more than 20000 instructions with the ONBUILD");
  }

  @Test
  void aConfigurationNestedWithoutEndIsRefused() {
    String image =
        new CraftedImage()
            .small()
            .field("\"deep\":" + "[".repeat(500_000) + "]".repeat(500_000))
            .push(registry, "bomb/deep");

    assertThat(failureFrom(image)).contains("nesting depth");
  }

  @Test
  void aConfigurationOfMegabytesIsRefused() {
    String image =
        new CraftedImage()
            .small()
            .config("{\"Labels\":{\"a\":\"%s\"}}".formatted("a".repeat(3 << 20)))
            .push(registry, "bomb/config");

    assertThat(failureFrom(image)).contains("longer than 2097152 bytes");
  }

  @Test
  void anEnvironmentThatGrowsWithEveryStepIsRefused() {
    String image =
        new CraftedImage()
            .small()
            .config("{\"Env\":[\"A=%s\"]}".formatted("a".repeat(1 << 20)))
            .push(registry, "bomb/environment");
    String steps =
        IntStream.range(0, 100).mapToObj(i -> "RUN " + i + "\n").collect(Collectors.joining());

    assertThat(failure(BuildDirectory.of("FROM " + image + "\n" + steps)))
        .contains("larger than 32 MiB");
  }

  @Test
  void aDockerfileWithoutEndIsRefused() {
    assertThat(failure(BuildDirectory.of("FROM busybox\n" + "RUN a\n".repeat(1_000_000))))
        .contains("more than 20000 instructions");
  }

  @Test
  void anIndexOfThousandsOfImagesWithoutTheRightOneIsRefused() {
    new CraftedImage().small().push(registry, "bomb/index");
    String manifest = registry.manifest("bomb/index", "latest");
    String entry =
        "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"%s\",\"size\":%d,\"platform\":{\"os\":\"plan9\",\"architecture\":\"a\"}}"
            .formatted(
                CraftedImage.digest(manifest.getBytes(StandardCharsets.UTF_8)), manifest.length());
    String entries =
        IntStream.range(0, 15_000).mapToObj(_ -> entry).collect(Collectors.joining(","));
    registry.pushManifest(
        "bomb/index",
        "latest",
        "application/vnd.oci.image.index.v1+json",
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[%s]}"
            .formatted(entries));

    assertThat(failureFrom(registry.image("bomb/index"))).contains("no match for platform");
  }
}
