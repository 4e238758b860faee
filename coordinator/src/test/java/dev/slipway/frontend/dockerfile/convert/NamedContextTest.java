package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.names;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NamedContextTest {
  private static final NamedContext IMAGE =
      new NamedContext.Source(
          new Op.Source("docker-image://docker.io/library/other:latest", Map.of()),
          Optional.of(Platform.LINUX_AMD64),
          "[context alpine] docker.io/library/other:latest",
          Optional.of(
              "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1\"],\"OnBuild\":[\"RUN fired\"]}}"
                  .getBytes(StandardCharsets.UTF_8)));

  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  @Feature(value = "context:name=docker-image://", area = Area.CONTEXT)
  void takesThePlaceOfAnImage() throws Exception {
    Converted converted =
        fixture.context("alpine", IMAGE).convert("FROM docker.io/library/alpine:latest\nRUN x\n");

    assertThat(names(converted.definition()))
        .containsExactly(
            "[context alpine] docker.io/library/other:latest",
            "[1/3] ONBUILD RUN fired",
            "[2/3] RUN x");
    assertThat(DockerfileFixture.run(converted).meta().environment()).contains("A=1");
  }

  @Test
  void takesThePlaceOfAStageAndItsInstructions() throws Exception {
    Converted converted =
        fixture
            .context("base", IMAGE)
            .convert("FROM x AS base\nRUN not this\nFROM base\nRUN this\n");

    assertThat(names(converted.definition()))
        .containsExactly(
            "[context alpine] docker.io/library/other:latest",
            "[stage-1 1/2] ONBUILD RUN fired",
            "[stage-1 2/2] RUN this");
  }

  @Test
  void prefersTheContextForThePlatform() throws Exception {
    Converted converted =
        fixture
            .context("alpine", IMAGE)
            .context("alpine::linux/amd64", new NamedContext.Scratch())
            .convert("FROM alpine\nCOPY a /\n");

    assertThat(names(converted.definition()))
        .doesNotContain("[context alpine] docker.io/library/other:latest");
  }

  @Test
  @Feature(value = "context:name=local:", area = Area.CONTEXT)
  void sendsOfADirectoryOnlyWhatIsUsed() throws Exception {
    NamedContext directory =
        new NamedContext.Local("src", "dir", "session", "context:src-", List.of("*.tmp"));

    Converted converted =
        fixture
            .context("src", directory)
            .convert(
                "FROM alpine\nCOPY --from=src a b/c /\nRUN --mount=from=src,source=d,target=/m x\n");

    assertThat(locals(converted))
        .extracting(source -> source.attributes().get("local.followpaths"))
        .containsExactlyInAnyOrder("[\"a\",\"b/c\"]", "[\"d\"]");
    assertThat(locals(converted))
        .allSatisfy(source ->
            assertThat(source.attributes())
                .containsEntry("local.excludepatterns", "[\"*.tmp\"]")
                .containsEntry("local.sharedkeyhint", "context:src-"));
    assertThat(names(converted.definition())).contains("[context src] load from client");
  }

  @Test
  void sendsAllOfADirectoryThatAStageStartsFrom() throws Exception {
    NamedContext directory =
        new NamedContext.Local("src", "dir", "session", "context:src-", List.of());

    Converted converted = fixture.context("src", directory).convert("FROM src\nCOPY a /\n");

    assertThat(locals(converted).stream().filter(source -> source.locator().equals("dir")))
        .allSatisfy(
            source -> assertThat(source.attributes()).doesNotContainKey("local.followpaths"));
  }

  @Test
  @Feature(value = "context:name=input:", area = Area.CONTEXT)
  void takesAGraphThatCameWithTheRequest() throws Exception {
    Converted given = new DockerfileFixture().convert("FROM alpine\nRUN given\n");

    Converted converted =
        fixture
            .context(
                "alpine", new NamedContext.Input(given.definition(), Optional.of(given.config())))
            .convert("FROM alpine\nRUN x\n");

    assertThat(names(converted.definition())).contains("[2/2] RUN given", "[1/2] RUN x");
    Vertex taken =
        converted.definition().vertices().values().stream()
            .filter(vertex -> vertex.name().equals("[2/2] RUN given"))
            .findFirst()
            .orElseThrow();
    assertThat(converted.definition().sources().locations().get(taken.digest()).getFirst().file())
        .isEqualTo(1);
    assertThat(converted.definition().sources().files()).hasSize(2);
  }

  @Test
  @Feature(value = "context of a graph", area = Area.CONTEXT)
  void copiesFromAGraphInsteadOfADirectory() throws Exception {
    Converted given = new DockerfileFixture().convert("FROM alpine\nRUN given\n");

    Converted converted =
        fixture.main(new MainContext.Graph(given.definition())).convert("FROM scratch\nCOPY a /\n");

    assertThat(DockerfileFixture.result(converted).inputs())
        .isEqualTo(List.of(given.definition().result().orElseThrow()));
  }

  private static List<Op.Source> locals(Converted converted) {
    return converted.definition().vertices().values().stream()
        .map(Vertex::op)
        .filter(Op.Source.class::isInstance)
        .map(Op.Source.class::cast)
        .filter(source -> source.scheme().equals("local"))
        .toList();
  }
}
