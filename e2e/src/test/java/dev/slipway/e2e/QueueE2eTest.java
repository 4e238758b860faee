package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tenants, priorities, bounds, and what those who wait are told. */
class QueueE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Longer than the machine needs for what waits behind it; ended by the tests. */
  private static final String LONG = "RUN echo started && sleep 80\n";

  private static Farm farm;

  @BeforeAll
  static void start() {
    farm =
        Farm.start(
            1,
            LocalRegistry.shared().mirrorConfig()
                + """
                [queue]
                stage-timeout = "40s"
                [queue.tenant.one-at-a-time]
                max-running = 1
                [queue.tenant.two-in-all]
                max-running = 1
                max-waiting = 1
                """);
  }

  @AfterAll
  static void stop() {
    if (farm != null) {
      farm.close();
    }
  }

  private static Command build(String dockerfile, String... flags) {
    return farm.buildx().startBuild(BuildDirectory.of(dockerfile).path(), flags);
  }

  private static String[] tenant(String name, String priority) {
    return new String[] {
      "--build-arg", "SLIPWAY_TENANT=" + name, "--build-arg", "SLIPWAY_PRIORITY=" + priority
    };
  }

  @Test
  void aTenantAtItsBoundWaitsAndOthersDoNot() {
    try (Command busy = build("FROM busybox\n" + LONG, tenant("one-at-a-time", "normal"))) {
      busy.awaitStepLog(PATIENCE, "started");
      try (Command waiting =
          build("FROM busybox\nRUN echo mine\n", tenant("one-at-a-time", "normal"))) {
        waiting.awaitOutput(
            PATIENCE,
            output -> output.contains("waiting: tenant one-at-a-time runs 1 of 1 stages"));
        assertThat(farm.http("/metrics"))
            .contains("slipway_tenant_waiting{tenant=\"one-at-a-time\",} 1.0")
            .contains("slipway_queue_length{platform=\"linux/amd64\",} 1.0");

        try (Command other = build("FROM busybox\nRUN echo theirs\n", tenant("other", "low"))) {
          other.await(PATIENCE).orThrow();
        }
        busy.terminate();
        waiting.await(PATIENCE).orThrow();
      }
    }
  }

  @Test
  void aBoundedQueueRefusesAndNamesTheBound() {
    String fourAtOnce =
        """
        FROM busybox AS a
        RUN sleep 8 && echo a > /a
        FROM busybox AS b
        RUN sleep 8 && echo b > /b
        FROM busybox AS c
        RUN sleep 8 && echo c > /c
        FROM busybox
        COPY --from=a /a /a
        COPY --from=b /b /b
        COPY --from=c /c /c
        """;

    try (Command refused = build(fourAtOnce, tenant("two-in-all", "normal"))) {
      Command.Result result = refused.await(PATIENCE);

      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output())
          .contains(
              "the queue takes no more of tenant two-in-all: 1 of its stages wait, as many as queue.tenant.two-in-all.max-waiting allows");
    }
  }

  @Test
  void aBuildOfHigherPriorityOvertakesItsTenantsOthers() {
    String when = "RUN echo %s-at $(cut -d. -f1 /proc/uptime) && sleep 2\n";
    try (Command busy = build("FROM busybox\n" + LONG, tenant("one-at-a-time", "normal"))) {
      busy.awaitStepLog(PATIENCE, "started");
      try (Command low =
          build("FROM busybox\n" + when.formatted("low"), tenant("one-at-a-time", "low"))) {
        low.awaitOutput(PATIENCE, output -> output.contains("waiting: "));
        try (Command high =
            build("FROM busybox\n" + when.formatted("high"), tenant("one-at-a-time", "high"))) {
          high.awaitOutput(PATIENCE, output -> output.contains("waiting: "));
          low.awaitOutput(PATIENCE, output -> output.contains("1 stage ahead"));

          busy.terminate();

          long highAt = time(high.await(PATIENCE).orThrow().output(), "high");
          long lowAt = time(low.await(PATIENCE).orThrow().output(), "low");
          assertThat(highAt).isLessThan(lowAt);
        }
      }
    }
  }

  private static long time(String output, String name) {
    Matcher matcher = Pattern.compile("(?m) " + name + "-at (\\d+)$").matcher(output);
    assertThat(matcher.find()).as(output).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  @Test
  void theDockerfileDoesNotSeeWhoItIsBuiltFor() {
    String blind = "FROM busybox\nARG SLIPWAY_TENANT=nobody\nRUN test $SLIPWAY_TENANT = nobody\n";

    try (Command sees = build(blind, tenant("other", "high"))) {
      sees.await(PATIENCE).orThrow();
    }
  }

  @Test
  void wrongValuesAreTheBuildsError() {
    try (Command wrong = build("FROM busybox\n", tenant("other", "urgent"))) {
      Command.Result result = wrong.await(PATIENCE);

      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output())
          .contains(
              "priority \"urgent\" (SLIPWAY_PRIORITY): expected low, normal, high or a number from -100 to 100");
    }
  }

  @Test
  void aStageThatTakesTooLongSaysWhichLimitEndedIt() {
    try (Command endless = build("FROM busybox\nRUN sleep 301\n", tenant("other", "normal"))) {
      Command.Result result = endless.await(PATIENCE);

      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output())
          .contains("its stage ran for 40s, as long as queue.stage-timeout allows");
    }
  }
}
