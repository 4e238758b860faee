package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Feature;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class CopyStepTest {
  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  void resolvesTheDestinationAgainstTheWorkingDirectory() throws Exception {
    assertThat(copy("FROM a\nWORKDIR /w\nCOPY x y").destination()).isEqualTo("/w/y");
    assertThat(copy("FROM a\nWORKDIR /w\nCOPY x .").destination()).isEqualTo("/w/");
    assertThat(copy("FROM a\nWORKDIR /w\nCOPY x ../z/").destination()).isEqualTo("/z/");
    assertThat(copy("FROM a\nCOPY x /").destination()).isEqualTo("/");
  }

  @Test
  void keepsSourcesInsideTheContext() throws Exception {
    assertThat(copy("FROM a\nCOPY ../../x/../y /").source()).isEqualTo("/y");
  }

  @Test
  void expandsVariablesEvenInJson() throws Exception {
    Change.Copy copy = copy("FROM a\nARG D=dir\nCOPY [\"$D/a b\", \"/$D/\"]");

    assertThat(copy.source()).isEqualTo("/dir/a b");
    assertThat(copy.destination()).isEqualTo("/dir/");
    assertThatThrownBy(() -> copy("FROM a\nCOPY [\"it's\", \"/\"]"))
        .hasMessageContaining("single-quote");
  }

  @Test
  @Feature({"COPY --chown", "COPY --chmod"})
  void setsOwnerAndMode() throws Exception {
    Change.Copy copy = copy("FROM a\nARG U=app\nCOPY --chown=$U:0 --chmod=4755 x /");

    assertThat(copy.owner())
        .contains(
            new FileAction.Owner(
                Optional.of(new Identity.ByName("app", 0)), Optional.of(new Identity.ById(0))));
    assertThat(copy.mode()).isEqualTo(OptionalInt.of(04755));
    assertThat(copy("FROM a\nCOPY --chown=1000 x /").owner())
        .contains(
            new FileAction.Owner(
                Optional.of(new Identity.ById(1000)), Optional.of(new Identity.ById(1000))));
    assertThat(copy("FROM a\nCOPY --chmod=u=rwX,g+r x /").symbolicMode()).isEqualTo("u=rwX,g+r");
    assertThatThrownBy(() -> copy("FROM a\nCOPY --chmod=99999 x /"))
        .hasMessageContaining("invalid chmod parameter");
  }

  @Test
  void copiesOntoScratch() throws Exception {
    FileAction action = file(fixture.convert("FROM scratch\nCOPY x /")).actions().getFirst();

    assertThat(action.input()).isEqualTo(-1);
    assertThat(action.secondaryInput()).isZero();
    assertThat(action.output()).isZero();
  }

  @Test
  @Feature("ADD of a local archive")
  void unpacksArchivesOnlyWithAdd() throws Exception {
    assertThat(copy("FROM a\nADD x.tar /").options().unpackArchives()).isTrue();
    assertThat(copy("FROM a\nCOPY x.tar /").options().unpackArchives()).isFalse();
  }

  @Test
  @Feature("COPY <<heredoc")
  void writesHeredocsAsFiles() throws Exception {
    Converted converted =
        fixture.convert("FROM a\nENV A=1\nCOPY <<one.txt <<'TWO' /d/\n\"$A\"\none.txt\n$A\nTWO\n");

    assertThat(
            file(converted).actions().stream()
                .map(action -> ((Change.Copy) action.change()).source()))
        .containsExactly("/one.txt", "/TWO");
    assertThat(
            converted.definition().vertices().values().stream()
                .filter(vertex -> vertex.name().equals("[internal] preparing inline document"))
                .map(CopyStepTest::text))
        .containsExactly("\"1\"\n", "$A\n");
    assertThat(DockerfileFixture.config(converted).history().getLast().createdBy())
        .isEqualTo("COPY <<one.txt <<TWO /d/ # buildkit");
  }

  @Test
  void followsAllPathsOfAllCopies() throws Exception {
    Converted converted =
        fixture.convert("FROM a AS s\nCOPY z b/*.c /\nFROM a\nCOPY --from=s / /\nCOPY a /\n");

    assertThat(context(converted).attributes())
        .containsEntry("local.followpaths", "[\"a\",\"b/*.c\",\"z\"]");
  }

  @Test
  void followsNoPathWhenAllIsCopied() throws Exception {
    assertThat(context(fixture.convert("FROM a\nCOPY . /\nCOPY x /")).attributes())
        .doesNotContainKey("local.followpaths");
  }

  private static Op.Source context(Converted converted) {
    return converted.definition().vertices().values().stream()
        .filter(vertex -> vertex.name().equals("[internal] load build context"))
        .map(vertex -> (Op.Source) vertex.op())
        .reduce((a, b) -> {
          throw new AssertionError("two contexts");
        })
        .orElseThrow();
  }

  private static String text(Vertex vertex) {
    return new String(
        ((Change.MakeFile) ((Op.File) vertex.op()).actions().getFirst().change()).data(),
        StandardCharsets.UTF_8);
  }

  private Change.Copy copy(String dockerfile) throws Exception {
    return (Change.Copy) file(fixture.convert(dockerfile)).actions().getFirst().change();
  }
}
