package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.utility.DockerImageName;

/** What the farm pushed runs in a real Docker engine. */
@OnSharedFarm
@EnabledIf("dev.slipway.e2e.Engine#possible")
class EngineE2eTest {
  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void engine() {
    Engine.shared();
  }

  @Test
  @Feature(value = "images run in a Docker engine", area = Area.EXPORTER)
  void anImageOfTheFarmGivesTheRightOutput() {
    BuildDirectory app =
        BuildDirectory.of(
                """
                FROM busybox AS words
                RUN printf 'built\\non the farm\\n' > /words
                FROM busybox
                COPY --from=words /words /words
                COPY --chmod=755 say.sh /usr/bin/say
                RUN rm -r /home && ln -s /words /link
                ENV WHO=engine
                WORKDIR /work
                USER 33:33
                ENTRYPOINT ["say"]
                CMD ["by default"]
                """)
            .with(
                "say.sh",
                "#!/bin/sh\necho \"$WHO $(id -u) $(pwd) $*\"; cat /link; test ! -e /home && echo gone\n");
    SharedFarm.get()
        .buildx()
        .build(
            app.path(),
            "--platform",
            "linux/amd64,linux/arm64",
            "-t",
            registry.image("engine/app:1"),
            "--push")
        .orThrow();

    try (GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(registry.image("engine/app:1")))) {
      container
          .withNetworkMode("none")
          .withStartupCheckStrategy(
              new OneShotStartupCheckStrategy().withTimeout(Duration.ofMinutes(1)))
          .start();

      assertThat(container.getLogs())
          .isEqualTo("engine 33 /work by default\nbuilt\non the farm\ngone\n");
    }
  }
}
