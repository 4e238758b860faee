package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** One build over three machines. */
class FanOutE2eTest {
  private static final Pattern WORKER = Pattern.compile("(?m)^#\\d+ on (worker-\\d)");

  private static final String APP =
      """
      FROM busybox AS one
      RUN sleep 1 && echo one > /out
      FROM busybox AS two
      RUN sleep 1 && echo two > /out
      FROM busybox AS three
      RUN sleep 1 && echo three > /out
      FROM busybox
      COPY --from=one /out /one
      COPY --from=two /out /two
      COPY --from=three /out /three
      RUN cat /one /two /three > /all
      """;

  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  void independentStagesOfOneBuildRunOnDifferentWorkersAndMeetInOneImage() {
    try (Farm farm = Farm.start(3)) {
      BuildDirectory app = BuildDirectory.of(APP);

      String output =
          farm.buildx()
              .build(app.path(), "-t", registry.image("fan/out:1"), "--push")
              .orThrow()
              .output();

      assertThat(workers(output)).as(output).hasSizeGreaterThan(1);
      assertThat(PushedImage.read(registry, "fan/out", "1", "amd64").text("all"))
          .isEqualTo("one\ntwo\nthree\n");
    }
  }

  private static Set<String> workers(String output) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = WORKER.matcher(output);
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }
}
