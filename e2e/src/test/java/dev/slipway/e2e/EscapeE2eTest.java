package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ways out of a build that a Dockerfile or an image may try; docs/security-boundary.md. */
@OnSharedFarm
class EscapeE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  /** Everybody may read and write it, were it reachable. */
  private final Path outside = Workplace.folder("outside");

  @BeforeEach
  void putSomethingOutside() throws IOException {
    Files.writeString(outside.resolve("kept"), "of the host");
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  private void outsideIsAsItWas() throws IOException {
    try (Stream<Path> files = Files.list(outside)) {
      assertThat(files).containsExactly(outside.resolve("kept"));
    }
    assertThat(outside.resolve("kept")).hasContent("of the host");
  }

  private Command.Result build(String dockerfile) {
    return farm.buildx().build(BuildDirectory.of(dockerfile).path(), "--no-cache");
  }

  private static Stream<String> escapes(Command.Result result) {
    return result.output().lines().filter(line -> line.matches("#\\d+ [\\d.]+ ESCAPED.*"));
  }

  @Test
  void aStepSeesNoFileOfItsWorker() {
    String output =
        "RUN for file in %1$s %1$s/join-token /proc/1/root/%1$s/join-token /proc/1/cwd/join-token /run/slipway /proc/*/root/%1$s; do"
                .formatted(farm.root())
            + " [ ! -e $file ] || echo ESCAPED $file; done;"
            + " tr '\\\\0' '\\\\n' </proc/1/environ | grep -i -e token -e slipway && echo ESCAPED environment;"
            + " find / -xdev -name 'join-token*' | sed 's/^/ESCAPED /'; echo looked\n";

    Command.Result result = build("FROM busybox\n" + output).orThrow();

    assertThat(escapes(result)).isEmpty();
    assertThat(result.output()).containsPattern("#\\d+ [\\d.]+ looked");
  }

  @Test
  void namesOfCacheMountsAreNoPaths() throws IOException {
    for (String id : new String[] {"../../../../../../../.." + outside, outside.toString(), ".."}) {
      build(
              "FROM busybox\nRUN --mount=type=cache,id=%s,target=/c touch /c/written && rm -f /c/kept\n"
                  .formatted(id))
          .orThrow();
    }

    outsideIsAsItWas();
  }

  @Test
  void aMountFromAStageFollowsItsLinksOnlyInsideThatStage() throws IOException {
    Command.Result result =
        build(
            """
            FROM busybox AS evil
            RUN ln -s %1$s /door && ln -s / /root-door
            FROM busybox
            RUN --mount=type=bind,from=evil,source=/door,target=/m,rw [ ! -e /m/kept ] || echo ESCAPED; touch /m/written
            """
                .formatted(outside));

    assertThat(escapes(result)).isEmpty();
    outsideIsAsItWas();
  }

  @Test
  void aWorkingDirectoryThatClimbsStaysInsideTheRoot() throws IOException {
    Command.Result result =
        build(
            "FROM busybox\nWORKDIR %s\nRUN touch written; [ ! -e kept ] || echo ESCAPED\n"
                .formatted("../".repeat(12) + outside.toString().substring(1)));

    assertThat(escapes(result.orThrow())).isEmpty();
    outsideIsAsItWas();
  }

  @Test
  void anImagesOwnConfigurationLeadsNowhereElse() throws IOException {
    new HostileImage()
        .file("etc/passwd", "root:x:0:0::/:/bin/sh\n")
        .config(
            "{\"WorkingDir\":\"%1$s\",\"User\":\"../../etc/passwd\",\"Volumes\":{\"%1$s\":{}},\"Shell\":[\"/bin/sh\",\"-c\",\"--\"]}"
                .formatted("../".repeat(12) + outside.toString().substring(1)))
        .push(registry, "hostile/config");

    Command.Result result =
        build(
            "FROM %s\nCOPY --from=busybox / /\nCOPY Dockerfile written\nRUN touch written2\n"
                .formatted(registry.image("hostile/config")));

    assertThat(result.exitCode()).as("the user of that name does not exist").isNotZero();
    outsideIsAsItWas();
  }

  @Test
  void aWhiteoutThatClimbsRemovesNothingOutside() throws IOException {
    String up = "../".repeat(20) + outside.toString().substring(1);
    new HostileImage()
        .file(up + "/.wh.kept", "")
        .file(up + "/.wh..wh..opq", "")
        .link("door", outside.toString())
        .file("door/.wh.kept", "")
        .push(registry, "hostile/whiteout");

    build("FROM " + registry.image("hostile/whiteout") + "\nCOPY Dockerfile /copied\n");

    outsideIsAsItWas();
  }

  @Test
  void aDeviceOfAnImageOpensNothing() {
    new HostileImage().device("disk", 8, 0).device("memory", 1, 1).push(registry, "hostile/device");

    Command.Result result =
        build(
            "FROM busybox AS tools\nFROM %s\nCOPY --from=tools / /\nRUN for device in /disk /memory; do dd if=$device of=/dev/null count=1 2>/dev/null && echo ESCAPED; done; echo tried\n"
                .formatted(registry.image("hostile/device")));

    assertThat(escapes(result)).isEmpty();
    assertThat(result.output()).containsAnyOf("tried", "not permitted", "device");
  }
}
