package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code slipway why} says of the last build. */
@OnSharedFarm
class WhyE2eTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DOCKERFILE =
      """
      FROM busybox
      ARG VERSION
      WORKDIR /app
      COPY src src
      RUN cat src/*.js > all.js
      RUN echo $VERSION > version
      """;

  private final Farm farm = SharedFarm.get();
  private final BuildDirectory app =
      BuildDirectory.of(DOCKERFILE)
          .with("src/app.js", "one")
          .with("src/lib/util.js", "one")
          .with("readme", "one");

  private void build(String image, String... flags) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--output",
                "type=image,push=true,name=%s/why/%s"
                    .formatted(LocalRegistry.shared().address(), image)));
    all.addAll(List.of(flags));
    farm.buildx().build(app.path(), all.toArray(String[]::new)).orThrow();
  }

  private String why(String... arguments) {
    List<String> words =
        new ArrayList<>(List.of(Workplace.slipway(), "why", "--root", farm.root().toString()));
    words.addAll(List.of(arguments));
    return Command.run(PATIENCE, words).orThrow().output();
  }

  @Test
  void namesTheFileThatChangedSinceTheLastBuild() {
    build("file:1");
    app.with("src/app.js", "two").with("readme", "two");
    build("file:2");

    assertThat(why())
        .contains("3 step(s) not from the cache, 1 from it; compared with build ")
        .contains("[3] COPY src src")
        .contains("    the file src/app.js changed\n")
        .contains("    an earlier step gave another result: [3] COPY src src\n");
  }

  @Test
  void namesTheBuildArgumentThatChangedAndNotItsValue() {
    build("argument:1", "--build-arg", "VERSION=s3cret-1");
    build("argument:2", "--build-arg", "VERSION=s3cret-2");

    assertThat(why())
        .contains("    the build argument VERSION changed\n")
        .contains("RUN echo $VERSION > version")
        .doesNotContain("s3cret");
  }

  @Test
  void showsTheCommandAsItIsAndWas() {
    build("command:1");
    app.with("Dockerfile", DOCKERFILE.replace("cat src/*.js", "cat src/app.js"));
    build("command:2");

    assertThat(why("", "all.js"))
        .contains(
            "    the command differs: `RUN cat src/app.js > all.js` was `RUN cat src/*.js > all.js`\n")
        .doesNotContain("COPY");
  }

  @Test
  void saysThatTheCacheWasNotToBeUsed() {
    build("fresh:1");
    build("fresh:2", "--no-cache");

    assertThat(why()).contains("    it was told not to use the cache (--no-cache)\n");
  }

  @Test
  void theCacheTellsWhatTheKeyOfALayerWasMadeOf() {
    app.with("Dockerfile", DOCKERFILE.replace("all.js", "stock.js"));
    build("stock:1");

    await()
        .untilAsserted(() ->
            assertThat(farm.http("/api/v1/cache?q=stock.js"))
                .contains("\"step\":\"[4] RUN cat src/*.js > stock.js\"")
                .contains("\"the result of [3] COPY src src\"")
                .contains("\"workers\":[\"worker-"));
  }

  @Test
  void saysThatAllCameFromTheCache() {
    build("same:1");
    build("same:1");

    assertThat(why()).contains("every step came from the cache");
  }
}
