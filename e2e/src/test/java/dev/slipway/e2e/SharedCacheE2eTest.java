package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One cache for all workers, and each step once, whoever wants it. */
@OnSharedFarm
class SharedCacheE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  void workersUseWhatAnotherWorkerBuilt() {
    String salt = UUID.randomUUID().toString();
    String common =
        "FROM busybox AS common\nRUN echo " + salt + " && cat /proc/sys/kernel/random/uuid > /id\n";
    farm.buildx()
        .build(BuildDirectory.of(common).path(), "-t", registry.image("cache/common:1"), "--push")
        .orThrow();
    String id = PushedImage.read(registry, "cache/common", "1", "amd64").text("id");
    // More steps at a time than one worker has slots: both must take some.
    StringBuilder fan = new StringBuilder(common);
    IntStream.range(0, 8)
        .forEach(
            i -> fan.append("FROM common AS s%1$d\nRUN sleep 2 && cp /id /id%1$d\n".formatted(i)));
    fan.append("FROM busybox\n");
    IntStream.range(0, 8).forEach(i -> fan.append("COPY --from=s%1$d /id%1$d /\n".formatted(i)));

    farm.buildx()
        .build(
            BuildDirectory.of(fan.toString()).path(), "-t", registry.image("cache/fan:1"), "--push")
        .orThrow();

    PushedImage image = PushedImage.read(registry, "cache/fan", "1", "amd64");
    Set<String> ids =
        IntStream.range(0, 8).mapToObj(i -> image.text("id" + i)).collect(Collectors.toSet());
    assertThat(ids).containsExactly(id);
    assertThat(farm.http("/api/v1/builds"))
        .contains("\"worker\":\"worker-1\"")
        .contains("\"worker\":\"worker-2\"");
  }

  @Test
  void twoEqualBuildsAtOnceRunEachStepOnce() {
    String salt = UUID.randomUUID().toString();
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox\nRUN echo "
                + salt
                + " && sleep 2 && cat /proc/sys/kernel/random/uuid > /id\n");

    try (Command one =
            farm.buildx().startBuild(app.path(), "-t", registry.image("twice/a:1"), "--push");
        Command two =
            farm.buildx().startBuild(app.path(), "-t", registry.image("twice/b:1"), "--push")) {
      List.of(one, two).forEach(client -> client.await(Duration.ofMinutes(1)).orThrow());
    }

    assertThat(PushedImage.read(registry, "twice/a", "1", "amd64").text("id"))
        .isEqualTo(PushedImage.read(registry, "twice/b", "1", "amd64").text("id"));
  }

  @Test
  void noCacheRunsEveryStepAgain() {
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /id\n");
    farm.buildx().build(app.path(), "-t", registry.image("again/a:1"), "--push").orThrow();

    farm.buildx()
        .build(app.path(), "--no-cache", "-t", registry.image("again/b:1"), "--push")
        .orThrow();

    assertThat(PushedImage.read(registry, "again/a", "1", "amd64").text("id"))
        .isNotEqualTo(PushedImage.read(registry, "again/b", "1", "amd64").text("id"));
  }
}
