package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Archives and links that point outside the root filesystem: nothing is ever written outside. */
@OnSharedFarm
class HostileInputE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  /** Worker and test may both write there, were it reachable. */
  private final Path outside = openFolder();

  private static Path openFolder() {
    try {
      Path folder = Workplace.folder("outside");
      Files.setPosixFilePermissions(
          folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
      return folder;
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private void nothingWasWrittenOutside() {
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void aLayerThatClimbsOutWritesNothingOutside() {
    String up = "../".repeat(20) + outside.toString().substring(1);
    new HostileImage().file(up + "/climbed", "x").file("ok", "x").push(registry, "hostile/climb");

    farm.buildx()
        .build(
            BuildDirectory.of(
                    "FROM " + registry.image("hostile/climb") + "\nCOPY Dockerfile /copied\n")
                .path(),
            "--no-cache",
            "-t",
            registry.image("hostile/out:1"),
            "--push");

    nothingWasWrittenOutside();
  }

  @Test
  void aLayerThatWritesThroughALinkWritesNothingOutside() {
    new HostileImage()
        .link("door", outside.toString())
        .file("door/entered", "x")
        .file("ok", "x")
        .push(registry, "hostile/link");

    farm.buildx()
        .build(
            BuildDirectory.of(
                    "FROM " + registry.image("hostile/link") + "\nCOPY Dockerfile /door/copied\n")
                .path(),
            "-t",
            registry.image("hostile/out:2"),
            "--push");

    nothingWasWrittenOutside();
  }

  @Test
  void aHardLinkToTheHostIsNotMade() {
    new HostileImage()
        .hardLink("stolen", "../../../../../../../../../etc/hostname")
        .file("ok", "x")
        .push(registry, "hostile/hard");

    Command.Result result =
        farm.buildx()
            .build(
                BuildDirectory.of(
                        "FROM " + registry.image("hostile/hard") + "\nCOPY Dockerfile /copied\n")
                    .path(),
                "-t",
                registry.image("hostile/out:3"),
                "--push");

    if (result.exitCode() == 0) {
      assertThat(PushedImage.read(registry, "hostile/out", "3", "amd64").files())
          .doesNotContainKey("etc/hostname");
    } else {
      assertThat(result.output()).contains("etc/hostname").contains("leaves it");
    }
  }

  @Test
  void copyFollowsALinkOnlyInsideTheRoot() {
    BuildDirectory app =
        BuildDirectory.of(
                "FROM busybox\nRUN ln -s %1$s /door && mkdir -p %1$s\nCOPY file.txt /door/\n"
                    .formatted(outside))
            .with("file.txt", "inside");

    farm.buildx().build(app.path(), "-t", registry.image("hostile/copy:1"), "--push").orThrow();

    nothingWasWrittenOutside();
    assertThat(
            PushedImage.read(registry, "hostile/copy", "1", "amd64")
                .text(outside.toString().substring(1) + "/file.txt"))
        .isEqualTo("inside");
  }

  @Test
  void addUnpacksAHostileArchiveOnlyInsideTheRoot() {
    byte[] tar =
        new HostileImage()
            .link("door", outside.toString())
            .file("door/entered", "x")
            .file("../../../climbed", "x")
            .file("ok", "x")
            .tar();
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nADD hostile.tar /unpacked/\n").with("hostile.tar", tar);

    farm.buildx().build(app.path(), "-t", registry.image("hostile/add:1"), "--push");

    nothingWasWrittenOutside();
  }

  @Test
  void absoluteNamesOfAnArchiveAreNamesInsideTheRoot() {
    byte[] tar =
        new HostileImage()
            .file(outside + "/absolute", "x")
            .file("../".repeat(20) + outside.toString().substring(1) + "/relative", "x")
            .file("ok", "x")
            .tar();
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nADD hostile.tar /unpacked/\n").with("hostile.tar", tar);

    farm.buildx().build(app.path());

    nothingWasWrittenOutside();
  }

  @Test
  void aHardLinkThroughALinkWritesNothingOutside() {
    byte[] tar =
        new HostileImage()
            .link("sym", outside + "/target")
            .hardLink("hard", "sym")
            .file("hard", "data")
            .file("ok", "x")
            .tar();
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nADD hostile.tar /unpacked/\n").with("hostile.tar", tar);

    farm.buildx().build(app.path());

    nothingWasWrittenOutside();
  }

  @Test
  void copyFromAStageFollowsItsLinksOnlyInsideThatStage() {
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM busybox AS evil
            RUN mkdir /l && ln -s %1$s /l/absolute && ln -s ../../../../../../..%1$s /l/relative && ln -s /proc/1/root /l/proc && ln -s loop /l/loop
            FROM busybox AS absolute
            COPY --from=evil /l/absolute /x
            FROM busybox AS relative
            COPY --from=evil /l/relative/ /x/
            FROM busybox AS proc
            COPY --from=evil /l/proc/ /x/
            FROM busybox AS loop
            COPY --from=evil /l/loop /x
            """
                .formatted(outside));

    for (String stage : java.util.List.of("absolute", "relative", "proc", "loop")) {
      Command.Result result = farm.buildx().build(app.path(), "--target", stage);

      assertThat(result.exitCode()).as(stage).isNotZero();
      assertThat(result.output())
          .as(stage)
          .containsAnyOf("not found", "too many levels of symbolic links");
    }
    nothingWasWrittenOutside();
  }
}
