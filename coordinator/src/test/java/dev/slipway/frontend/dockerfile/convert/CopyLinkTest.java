package dev.slipway.frontend.dockerfile.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Feature;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata.ProgressGroup;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CopyLinkTest {
  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  @Feature("COPY --link")
  void laysALayerOfItsOwnOverTheStage() throws Exception {
    Converted converted =
        fixture.convert("FROM scratch\nCOPY a /\nCOPY --link --chown=1 b /sub/\n");

    assertThat(GraphText.of(converted.definition()))
        .endsWith(
            """
            1: [1/2] COPY a /
               input 0
               -1,0 -> 0 copy /a /
               line 2
            2: [2/2] COPY --link --chown=1 b /sub/
               input 0
               -1,0 -> 0 copy /b /sub/
               line 3
            3: [2/2] LINK COPY --link --chown=1 b /sub/
               input 1
               input 2
               merge [0, 1]
               line 3
            """);
    assertThat(DockerfileFixture.config(converted).history().getLast().createdBy())
        .isEqualTo("COPY --chown=1 b /sub/ # buildkit");
  }

  @Test
  void showsBothPartsAsOneStep() throws Exception {
    List<ProgressGroup> groups =
        fixture.convert("FROM a\nCOPY --link b /\n").definition().vertices().values().stream()
            .map(vertex -> vertex.metadata().progressGroup())
            .flatMap(Optional::stream)
            .toList();

    assertThat(groups).extracting(ProgressGroup::name).containsOnly("[2/2] COPY --link b /");
    assertThat(groups).extracting(ProgressGroup::weak).containsExactly(true, false);
    assertThat(groups).extracting(ProgressGroup::id).containsOnly(groups.getFirst().id());
  }

  @Test
  void mergesNothingOntoScratch() throws Exception {
    Vertex result = DockerfileFixture.result(fixture.convert("FROM scratch\nCOPY --link b /\n"));

    assertThat(result.op()).isInstanceOf(Op.File.class);
    assertThat(result.name()).isEqualTo("[1/1] COPY --link b /");
  }

  @Test
  void copiesOntoTheStageWhenAModeIsSet() throws Exception {
    assertThat(
            DockerfileFixture.result(fixture.convert("FROM a\nCOPY --link --chmod=700 b /\n")).op())
        .isInstanceOf(Op.File.class);
  }
}
