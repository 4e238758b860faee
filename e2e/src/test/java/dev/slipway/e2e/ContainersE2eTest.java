package dev.slipway.e2e;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The farm's images as ordinary containers of a Docker engine, on networks of their own, with TLS
 * for clients.
 */
@Order(1)
@EnabledIf("dev.slipway.e2e.Engine#possible")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ContainersE2eTest {
  private static final int WORKERS = 3;
  private static ContainerFarm farm;

  @BeforeAll
  static void start() {
    farm = ContainerFarm.start(WORKERS);
  }

  @AfterAll
  static void end() {
    farm.close();
  }

  /** While all are there. */
  @Test
  @Order(1)
  void aStepReachesNoOtherWorker() {
    String others =
        farm.addresses().stream().map(address -> "'" + address + "'").collect(joining(" "));
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM busybox
            RUN for to in %s; do nc -w 1 $to </dev/null >/dev/null 2>&1 && echo REACHED $to; done; \
              nc -w 5 %s </dev/null && echo the registry answers
            """
                .formatted(others, farm.registry().address().replace(':', ' ')));

    String output = farm.buildx().build(app.path(), "--no-cache").orThrow().output();

    assertThat(output)
        .containsPattern("#\\d+ [\\d.]+ the registry answers")
        .doesNotContainPattern("#\\d+ [\\d.]+ REACHED");
  }

  @Test
  @Order(2)
  void aBuildEndsWellWhenOneWorkerContainerIsKilledAndOneIsCutOffTheNetwork() {
    String length = "5." + ThreadLocalRandom.current().nextInt(10_000, 99_999);
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM busybox AS one
            RUN echo started && sleep %1$s1 && echo one > /one
            FROM busybox AS two
            RUN echo started && sleep %1$s2 && echo two > /two
            FROM busybox AS three
            RUN echo started && sleep %1$s3 && echo three > /three
            FROM busybox
            COPY --from=one /one /
            COPY --from=two /two /
            COPY --from=three /three /
            RUN cat /one /two /three > /all
            """
                .formatted(length));

    assertThat(farm.inspect("{{.HostConfig.Privileged}} {{.Config.User}}"))
        .containsOnly("false 1000:1000");
    try (Command client =
        farm.buildx()
            .startBuild(app.path(), "-t", farm.registry().image("containers/app:1"), "--push")) {
      int first = await("sleep " + length + "1");
      int second = await("sleep " + length + "2");
      await("sleep " + length + "3");

      farm.kill(first);
      farm.cutOff(second);

      Command.Result result = client.await(Duration.ofMinutes(2));
      assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
      assertThat(
              PushedImage.read(LocalRegistry.shared(), "containers/app", "1", "amd64").text("all"))
          .isEqualTo("one\ntwo\nthree\n");

      farm.reconnect(second);
      Awaitility.await("the worker that was cut off is back")
          .atMost(Duration.ofSeconds(40))
          .until(() -> farm.joined() == WORKERS - 1);
      assertThat(farm.stop(second)).as("exit code of a worker that drained").isZero();
    }
  }

  private static int await(String word) {
    return Awaitility.await(word)
        .atMost(Duration.ofMinutes(1))
        .until(() -> farm.workerThatRuns(word, WORKERS), worker -> worker > 0);
  }
}
