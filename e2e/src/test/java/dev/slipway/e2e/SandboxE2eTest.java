package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a build step can see and reach, and what is left of it: builds are written by strangers. */
@OnSharedFarm
class SandboxE2eTest {
  /** Docker's 14 default capabilities, as bits of capability.h. */
  private static final String DEFAULT_CAPABILITIES = "00000000a80425fb";

  private static final Pattern ADDRESS = Pattern.compile("src (\\d+\\.\\d+\\.\\d+\\.\\d+)");

  private final Farm farm = SharedFarm.get();

  /** No test leaves mounts, bundles or state of the runtime behind. */
  @AfterEach
  void nothingIsLeft() {
    for (int worker = 1; worker <= 2; worker++) {
      int number = worker;
      Awaitility.await("mounts of worker " + number)
          .atMost(Duration.ofSeconds(10))
          .until(() -> farm.mountedRoots(number) == 0);
      Awaitility.await("containers of worker " + number)
          .atMost(Duration.ofSeconds(10))
          .until(() -> farm.containers(number).isEmpty());
    }
  }

  private String run(String... lines) {
    return build("RUN " + String.join("; \\\n  ", lines)).orThrow().output();
  }

  private Command.Result build(String steps) {
    return farm.buildx()
        .build(BuildDirectory.of("FROM busybox\n" + steps + "\n").path(), "--no-cache");
  }

  /** A word for a command line that no other process has. */
  private static String sleep() {
    return "sleep " + ThreadLocalRandom.current().nextInt(100_000, 900_000);
  }

  @Test
  void aStepHasDockersCapabilitiesAndAFilter() {
    String output = run("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -s '\\t' ' '");

    assertThat(output)
        .contains(
            "CapPrm: " + DEFAULT_CAPABILITIES,
            "CapEff: " + DEFAULT_CAPABILITIES,
            "CapBnd: " + DEFAULT_CAPABILITIES)
        .contains(
            "CapInh: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 0", "Seccomp: 2");
  }

  @Test
  void aStepCannotMountMakeDevicesOrNamespacesOrChangeTheKernel() {
    String output =
        run(
            "mount -t tmpfs none /mnt && echo BROKEN-mount",
            "mount -o remount,rw /sys && echo BROKEN-remount",
            "umount /etc/hosts && echo BROKEN-umount",
            "unshare -r true && echo BROKEN-unshare",
            "mknod /disk b 8 0 && echo BROKEN-mknod",
            "echo 1 > /proc/sys/kernel/panic && echo BROKEN-sysctl",
            "echo b > /proc/sysrq-trigger && echo BROKEN-sysrq",
            "touch /sys/kernel/x && echo BROKEN-sys",
            "echo ':x:M::xx::/bin/sh:' > /proc/sys/fs/binfmt_misc/register && echo BROKEN-binfmt",
            "date -s 2000-01-01; date +%Y | grep -q 2000 && echo BROKEN-clock",
            "dmesg && echo BROKEN-dmesg",
            "ip route del default && echo BROKEN-route",
            "true");

    assertThat(output.lines().filter(line -> line.matches("#\\d+ [\\d.]+ BROKEN.*"))).isEmpty();
  }

  @Test
  void aStepSeesItsOwnProcessesAndNoOthers() {
    String output =
        run(
            "echo processes $(ls /proc | grep -cE '^[0-9]+$')",
            "echo stdin $(cat | wc -c)",
            "echo host $(hostname)");

    assertThat(output)
        .containsPattern("processes [1-5]\\n")
        .contains("stdin 0\n")
        .contains("host buildkitsandbox\n");
  }

  @Test
  void hostsAndResolverAreSeenAndNotInTheLayer() {
    LocalRegistry registry = LocalRegistry.shared();
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox\nRUN rm -rf /etc/hosts /etc/resolv.conf; grep -q localhost /etc/hosts && test -s /etc/resolv.conf && touch /mark\n");

    farm.buildx()
        .build(app.path(), "--no-cache", "-t", registry.image("sandbox/etc:1"), "--push")
        .orThrow();

    assertThat(PushedImage.read(registry, "sandbox/etc", "1", "amd64").files())
        .containsKey("mark")
        .doesNotContainKeys("etc/hosts", "etc/resolv.conf");
  }

  @Test
  void aStepReachesNeitherTheFarmNorTheHostNorAMetadataService() throws IOException {
    assumeTrue(run("ls /sys/class/net").contains("tap0"), "steps share the host's network here");
    try (ServerSocket everywhere = new ServerSocket(0)) {
      String farmPort = farm.endpoint().replaceAll(".*:", "");
      Matcher host =
          ADDRESS.matcher(
              Command.run(Duration.ofSeconds(5), List.of("ip", "route", "get", "1.1.1.1"))
                  .output());
      String own = host.find() ? host.group(1) : "10.0.2.2";

      String output =
          run(
              "for target in '127.0.0.1 %1$s' '10.0.2.2 %1$s' '10.0.2.2 %2$d' '127.0.0.1 %2$d' '%3$s %2$d' '169.254.169.254 80'"
                  .formatted(farmPort, everywhere.getLocalPort(), own),
              "do nc -w 1 $target </dev/null >/dev/null 2>&1 && echo REACHED $target; done",
              "echo tried");

      assertThat(output.lines().filter(line -> line.matches("#\\d+ [\\d.]+ REACHED.*"))).isEmpty();
      assertThat(output).containsPattern("#\\d+ [\\d.]+ tried");
    }
  }

  @Test
  void whatAStepLeavesRunningEndsWithIt() {
    String sleep = sleep();

    String output =
        build(
                "RUN (trap '' TERM HUP INT; setsid "
                    + sleep
                    + " &) ; (setsid setsid sh -c 'trap \"\" TERM; "
                    + sleep
                    + "' &) ; echo ended")
            .orThrow()
            .output();

    assertThat(output).contains(" ended");
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !farm.runs(sleep));
  }

  @Test
  void aStepThatIgnoresSignalsIsGoneSoonAfterItsClientIsKilled() {
    String sleep = sleep();
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox\nRUN trap '' TERM INT HUP; (setsid setsid "
                + sleep
                + " &) ; echo st''arted; while true; do "
                + sleep
                + "; done\n");

    try (Command client = farm.buildx().startBuild(app.path(), "--no-cache")) {
      client.awaitOutput(Duration.ofMinutes(1), output -> output.contains(" started\n"));
      client.kill();

      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !farm.runs(sleep));
    }
  }

  @Test
  void aStepHasALimitOfProcessesAndGoesFirstWhereMemoryEnds() {
    assertThat(run("echo limit $(ulimit -u)", "echo score $(cat /proc/self/oom_score_adj)"))
        .contains("limit 8192\n", "score 800\n");
  }

  @Test
  void aWorkersNamespaceHasALimitOfProcessesThatNoChangeOfUserEscapes() {
    assertThat(farm.limits(1)).containsPattern("Max processes +(\\d{1,4}|1\\d{4}|2[0-4]\\d{3}) ");
  }

  @Test
  void aHundredMegabytesOfLogAreClipped() {
    long before = farm.coordinatorMemory();

    String output =
        build("RUN yes 0123456789012345678901234567890123456789 | head -c 100000000")
            .orThrow()
            .output();

    assertThat(output.length()).isLessThan(4 << 20);
    assertThat(output).contains("[output clipped, log limit 200KiB/s reached]");
    assertThat(farm.coordinatorMemory() - before)
        .as("growth of the coordinator in bytes")
        .isLessThan(200L << 20);
  }

  @Test
  void twoStepsAtOnceShareNoPortsAndNoMemory() {
    // Both listen on the same port for a while; where they shared a network the second could not.
    String listen =
        "(nc -l -p 7777 </dev/null 2>/dev/null & echo $! >/pid); sleep 1; kill -0 $(cat /pid) && touch /dev/shm/%1$s && sleep 1 && ls /dev/shm >/%1$s";

    String output =
        farm.buildx()
            .build(
                BuildDirectory.of(
                        "FROM busybox AS a\nRUN "
                            + listen.formatted("a")
                            + "\nFROM busybox AS b\nRUN "
                            + listen.formatted("b")
                            + "\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\nRUN echo saw $(cat /a /b)\n")
                    .path(),
                "--no-cache")
            .orThrow()
            .output();

    assertThat(output).contains(" saw a b\n");
  }

  @Test
  void aUserNameOfTenThousandLettersIsRefusedWithASentence() {
    Command.Result result = build("USER " + "u".repeat(10_000) + "\nRUN id");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("unable to find user uuu");
  }

  @Test
  void anEnormousLineIsRefusedWithASentence() {
    Command.Result result = build("RUN : " + "x".repeat(3_000_000));

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("greater than maximum allowed size");
  }

  @Test
  void variablesThatGrowExponentiallyAreRefusedWithASentence() {
    Command.Result result =
        build(
            "ENV A="
                + "x".repeat(100)
                + "\n"
                + "ENV A=$A$A$A$A$A$A$A$A$A$A\n".repeat(9)
                + "RUN env");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("longer than");
  }

  @Test
  void aMountOnALinkStaysInsideTheRoot() {
    Path outside = openFolder();
    build(
            """
            RUN ln -s %1$s /door && mkdir -p %1$s
            WORKDIR /door/work
            RUN --mount=type=tmpfs,target=/door/memory touch /door/memory/x && touch /door/y && pwd
            """
                .formatted(outside))
        .orThrow();

    assertThat(outside).isEmptyDirectory();
  }

  private static Path openFolder() {
    try {
      Path folder = Workplace.folder("sandbox-outside");
      Files.setPosixFilePermissions(
          folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
