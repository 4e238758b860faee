package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Feature;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopySourcesTest {
  private static final String SHA = "sha256:" + "a".repeat(64);

  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  @Feature("ADD of a URL")
  void fetchesAUrlUnderItsLastName() throws Exception {
    Converted converted =
        fixture.convert(
            "FROM scratch\nARG V=1\nADD --checksum=%s http://host/d/x-$V.tar?q#f /d/\n"
                .formatted(SHA));

    Vertex source = converted.definition().vertices().values().iterator().next();
    assertThat(source.op())
        .isEqualTo(
            new Op.Source(
                "http://host/d/x-1.tar?q#f",
                Map.of("http.filename", "x-1.tar", "http.checksum", SHA)));
    assertThat(source.name())
        .isEqualTo("[1/1] ADD --checksum=%s http://host/d/x-1.tar?q#f /d/".formatted(SHA));
    Change.Copy copy = copy(converted);
    assertThat(copy.source()).isEqualTo("/x-1.tar");
    assertThat(copy.destination()).isEqualTo("/d/");
    assertThat(copy.options().unpackArchives()).isFalse();
    assertThat(copy.options().createDestinationPath()).isTrue();
  }

  @Test
  @Feature("ADD --unpack")
  void unpacksWhatIsToBeUnpacked() throws Exception {
    assertThat(copy("ADD --unpack http://host/x.tar /").options().unpackArchives()).isTrue();
    assertThat(copy("ADD --unpack=false x.tar /").options().unpackArchives()).isFalse();
    assertThat(copy("ADD x.tar /").options().unpackArchives()).isTrue();
    assertThat(copy("COPY x.tar /").options().unpackArchives()).isFalse();
  }

  @Test
  void givesAUrlWithoutANameOne() throws Exception {
    assertThat(copy("ADD http://host /x").source()).isEqualTo("/__unnamed__");
  }

  @Test
  @Feature("ADD of a git repository")
  void checksOutARepository() throws Exception {
    Converted converted =
        fixture.convert(
            "FROM scratch\nADD --keep-git-dir --checksum=abc https://u@host:1/o/x.git#main:sub/../dir /src\n");

    assertThat(converted.definition().vertices().values().iterator().next().op())
        .isEqualTo(
            new Op.Source(
                "git://host:1/o/x.git#main:dir",
                Map.of(
                    "git.fullurl",
                    "https://u@host:1/o/x.git",
                    "git.keepgitdir",
                    "true",
                    "git.checksum",
                    "abc",
                    "git.authtokensecret",
                    "GIT_AUTH_TOKEN",
                    "git.authheadersecret",
                    "GIT_AUTH_HEADER")));
    assertThat(copy(converted).source()).isEqualTo("/");
  }

  @Test
  void asksTheClientsAgentForARepositoryBySsh() throws Exception {
    Op.Source source =
        (Op.Source)
            fixture
                .convert("FROM scratch\nADD git@host:o/x.git /src\n")
                .definition()
                .vertices()
                .values()
                .iterator()
                .next()
                .op();

    assertThat(source.identifier()).isEqualTo("git://host/o/x.git");
    assertThat(source.attributes())
        .containsEntry("git.fullurl", "git@host:o/x.git")
        .containsEntry("git.mountsshsock", "default");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          COPY http://host/x /          | source can't be a URL for COPY
          COPY https://host/x.git /     | source can't be a git ref for COPY
          ADD --checksum=sha256:1 a b / | checksum can't be specified for multiple sources
          ADD --checksum=sha256:1 a /   | checksum requires HTTP(S) or Git sources
          ADD --checksum=md5:1 http://host/x /    | unsupported digest algorithm
          ADD --checksum=sha256:1 http://host/x / | invalid checksum digest length
          ADD --checksum=1 http://host/x /        | invalid checksum digest format
          ADD --checksum=a https://host/x.git?checksum=b / | checksum mismatch "a" != "b"
          ADD --keep-git-dir=false https://host/x.git?keep-git-dir=true / | inconsistent keep-git-dir configuration
          ADD https://host/x.git?foo=1 / | unexpected query "foo"
          COPY --from=$X a /            | variable expansion is not supported for --from
          COPY --chmod=64a a /          | invalid chmod parameter: '64a'. it should be octal string and between 0 and 07777
          COPY --chmod=10000 a /        | invalid chmod parameter: '10000'. it should be octal string and between 0 and 07777
          """)
  void refuses(String line, String message) {
    assertThatThrownBy(() -> fixture.convert("FROM scratch\n" + line))
        .hasMessageContaining(message);
  }

  @Test
  @Feature("COPY --exclude")
  void leavesOutWhatIsExcluded() throws Exception {
    assertThat(copy("COPY --exclude=*.md --exclude=!a.md d /").options().excludePatterns())
        .containsExactly("*.md", "!a.md");
  }

  @Test
  @Feature("COPY --parents")
  void keepsThePathOfASource() throws Exception {
    Change.Copy whole = copy("COPY --parents a/b/*.c /d/");
    assertThat(whole.source()).isEqualTo("/");
    assertThat(whole.options().includePatterns()).containsExactly("a/b/*.c");
    assertThat(whole.options().requiredPaths()).isEmpty();

    Change.Copy pivot = copy("COPY --parents a/./b/c /d/");
    assertThat(pivot.source()).isEqualTo("/a");
    assertThat(pivot.options().includePatterns()).containsExactly("b/c");
    assertThat(pivot.options().requiredPaths()).isEqualTo(List.of("/a/b/c"));
  }

  private Change.Copy copy(String line) throws Exception {
    return copy(fixture.convert("FROM scratch\n" + line + "\n"));
  }

  private static Change.Copy copy(Converted converted) {
    return (Change.Copy) file(converted).actions().getFirst().change();
  }
}
