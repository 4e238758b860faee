package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Workers in containers that hide parts of /proc and that have no user namespace of their own, as a
 * pod of the overlay plain-rootless.
 */
@EnabledIf("dev.slipway.e2e.Engine#possible")
class PlainRootlessE2eTest {
  private static ContainerFarm farm;

  @BeforeAll
  static void start() {
    farm = ContainerFarm.startWithHiddenPaths(1);
  }

  @AfterAll
  static void end() {
    farm.close();
  }

  private static String run(String step) {
    return farm.buildx()
        .build(BuildDirectory.of("FROM busybox\nRUN " + step + "\n").path(), "--no-cache")
        .orThrow()
        .output();
  }

  @Test
  void buildsForTwoPlatformsAndPushes() {
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nRUN uname -m > /machine && id -u >> /machine\n");

    farm.buildx()
        .build(
            app.path(),
            "--platform",
            "linux/amd64,linux/arm64",
            "-t",
            farm.registry().image("plain/app:1"),
            "--push")
        .orThrow();

    for (String architecture : new String[] {"amd64", "arm64"}) {
      assertThat(
              PushedImage.read(LocalRegistry.shared(), "plain/app", "1", architecture)
                  .text("machine"))
          .isEqualTo((architecture.equals("amd64") ? "x86_64" : "aarch64") + "\n0\n");
    }
  }

  @Test
  void whatAStepLeavesRunningEndsWithItAndIsBuried() {
    String sleep = "sleep " + ThreadLocalRandom.current().nextInt(100_000, 900_000);

    run("(setsid setsid sh -c 'trap \"\" TERM; " + sleep + "' &) ; sleep 0.2; echo ended");

    assertThat(farm.workerThatRuns(sleep, 1)).isZero();
    assertThat(farm.zombies(1)).isZero();
  }

  @Test
  void aStepReadsNothingOfItsWorkersProcesses() {
    assertThat(
            run(
                "for pid in $(ls /proc | grep -E '^[0-9]+$'); do"
                    + " case $(cat /proc/$pid/cmdline 2>/dev/null) in java*|rootlesskit*|/proc/self/exe*|tini*)"
                    + " cat /proc/$pid/environ >/dev/null 2>&1 && echo READ;"
                    + " ls /proc/$pid/root/ >/dev/null 2>&1 && echo ENTERED; echo looked;; esac; done"))
        .containsPattern("(?s)(#\\d+ [\\d.]+ looked.*){4}")
        .doesNotContainPattern("#\\d+ [\\d.]+ (READ|ENTERED)");
  }

  @Test
  void aStepStillReachesNeitherTheFarmNorChangesTheKernel() {
    String others =
        farm.addresses().stream()
            .map(address -> "'" + address + "'")
            .collect(java.util.stream.Collectors.joining(" "));

    assertThat(
            run(
                "for to in "
                    + others
                    + "; do nc -w 1 $to </dev/null >/dev/null 2>&1 && echo REACHED $to; done;"
                    + " touch /proc/sys/kernel/hostname 2>/dev/null && echo WROTE; mount -t proc proc /proc 2>/dev/null && echo MOUNTED; echo tried"))
        .containsPattern("#\\d+ [\\d.]+ tried")
        .doesNotContainPattern("#\\d+ [\\d.]+ (REACHED|WROTE|MOUNTED)");
  }
}
