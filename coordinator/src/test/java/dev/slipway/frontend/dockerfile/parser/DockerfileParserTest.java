package dev.slipway.frontend.dockerfile.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Feature;
import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap.Range;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DockerfileParserTest {
  @Test
  void joinsContinuedLinesAndKeepsTheirIndentation() throws Exception {
    Statement run = only("RUN a \\\n  && b \\  \n# comment\n\n  && c\n");

    assertThat(run.arguments()).isEqualTo("a   && b   && c");
    assertThat(run.range()).isEqualTo(Range.lines(1, 5));
  }

  @Test
  void takesADoubledEscapeAtTheEndForText() throws Exception {
    assertThat(parse("RUN a \\\\\nRUN b").statements()).hasSize(2);
  }

  @Test
  void readsFlagsBeforeTheArguments() throws Exception {
    Statement copy = only("COPY --from=build --chown=\"a b\" /x /y --late=1");

    assertThat(copy.flags()).containsExactly("--from=build", "--chown=a b");
    assertThat(copy.arguments()).isEqualTo("/x /y --late=1");
  }

  @Test
  void readsHeredocs() throws Exception {
    ParsedText text =
        parse("FROM x\nRUN <<EOF\n# kept\n a\nEOF\nCOPY <<-\"A\" <<B /d\n\t\tone\n\tA\ntwo\nB\n");

    Statement run = text.statements().get(1);
    assertThat(run.heredocs()).containsExactly(new Heredoc("EOF", true, false, "# kept\n a\n"));
    assertThat(run.range()).isEqualTo(Range.lines(2, 5));
    Statement copy = text.statements().get(2);
    assertThat(copy.heredocs())
        .containsExactly(
            new Heredoc("A", false, true, "\t\tone\n"), new Heredoc("B", true, false, "two\n"));
    assertThat(copy.heredocs().getFirst().text()).isEqualTo("one\n");
  }

  @Test
  void takesShiftsAndJsonForNoHeredoc() throws Exception {
    assertThat(only("RUN echo $((1<<2)) a<<b").heredocs()).isEmpty();
    assertThat(only("RUN [\"a\", \"<<EOF\"]").heredocs()).isEmpty();
    assertThat(only("CMD cat <<EOF").heredocs()).isEmpty();
  }

  @Test
  void takesAShiftWithBlanksForAHeredocAsBuildKitDoes() {
    assertError("FROM a\nRUN echo $((1 << 2))\n", "unterminated heredoc", 2);
  }

  @Test
  void opensNoHeredocOnALineWithAnOpenQuote() throws Exception {
    assertThat(only("RUN cat <<EOF it's").heredocs()).isEmpty();
  }

  @Test
  void keepsCarriageReturnsOnlyInHeredocs() throws Exception {
    Statement run = only("RUN <<E\r\na\r\nE\r\n");

    assertThat(run.arguments()).isEqualTo("<<E");
    assertThat(run.heredocs().getFirst().content()).isEqualTo("a\r\n");
  }

  @Test
  @Feature("# escape=")
  void honoursTheEscapeDirective() throws Exception {
    ParsedText text = parse("# syntax=docker/dockerfile:1\n# escape=`\nRUN a `\n b\\\n");

    assertThat(text.escape()).isEqualTo('`');
    assertThat(text.statements().getFirst().arguments()).isEqualTo("a  b\\");
  }

  @Test
  void readsDirectivesOnlyAtTheTop() throws Exception {
    assertThat(parse("# a comment\n# escape=`\nFROM x").escape()).isEqualTo('\\');
    assertThat(parse("\n# escape=`\nFROM x").escape()).isEqualTo('\\');
  }

  @Test
  void stripsAByteOrderMark() throws Exception {
    assertThat(only("\ufeffFROM x").keyword()).isEqualTo("from");
  }

  @Test
  void saysWhereItDoesNotUnderstand() {
    assertError(
        "# escape=`\n# escape=`\nFROM x", "only one escape parser directive can be used", 2);
    assertError("# escape=x\nFROM x", "invalid escape token", 1);
    assertError("FROM x\nRUN <<EOF\na\n", "unterminated heredoc", 2);
    assertError(
        "RUN " + "x".repeat(70_000),
        "dockerfile line greater than maximum allowed size of 65535",
        1);
    assertError("FROM x\n" + "RUN y\n".repeat(20_000), "more than 20000 instructions", 20_001);
    assertError("# only a comment", "file with no instructions", 1);
    assertError("", "the Dockerfile cannot be empty", 1);
    assertError("  \n", "file with no instructions", 1);
  }

  @Test
  void readsJsonOnlyWhenAllOfTheTextIsJson() {
    assertThat(Words.jsonArray(" [\"a\", \"b\"] ")).contains(List.of("a", "b"));
    assertThat(Words.jsonArray("[\"a\"] && [\"b\"]")).isEmpty();
    assertThat(Words.jsonArray("['a']")).isEmpty();
    assertThat(Words.jsonArray("[".repeat(60_000))).isEmpty();
    assertThatThrownBy(() -> Words.jsonArray("[\"a\", 1]")).hasMessageContaining("strings only");
  }

  private static void assertError(String text, String message, int line) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(line))
        .hasMessageContaining(message);
  }

  private static Statement only(String text) throws SourceError {
    List<Statement> statements = parse(text).statements();
    assertThat(statements).hasSize(1);
    return statements.getFirst();
  }

  private static ParsedText parse(String text) throws SourceError {
    return DockerfileParser.parse(
        SourceText.of("Dockerfile", text.getBytes(StandardCharsets.UTF_8)));
  }
}
