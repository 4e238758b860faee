package dev.slipway.frontend.dockerfile.instruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstructionParserTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          RUNN make                 | unknown instruction: RUNN (did you mean RUN?)
          XYZZYPLUGH                | unknown instruction: XYZZYPLUGH
          COPY a                    | COPY requires at least two arguments, but only one was provided. Destination could not be determined
          COPY                      | COPY requires at least two arguments, but only one was provided. Destination could not be determined
          COPY --form=x a b         | unknown flag: --form (did you mean from?)
          COPY --chown a b          | missing a value on flag: --chown
          COPY --from=a --from=b a b | duplicate flag specified: --from
          ENV                       | ENV requires at least one argument
          ENV =x                    | ENV names can not be blank
          SHELL sh                  | SHELL requires the arguments to be in JSON form
          VOLUME []                 | VOLUME requires at least one argument
          WORKDIR                   | WORKDIR requires exactly one argument
          FROM a b                  | FROM requires either one or three arguments
          FROM a AS 1x              | invalid name for build stage: "1x"
          ONBUILD ONBUILD RUN a     | Chaining ONBUILD
          ONBUILD FROM a            | FROM isn't allowed as an ONBUILD trigger
          HEALTHCHECK --interval=1us CMD a | cannot be less than 1ms
          HEALTHCHECK FOO           | Unknown type "FOO" in HEALTHCHECK (try CMD)
          HEALTHCHECK CMD           | Missing command after HEALTHCHECK CMD
          RUN --network=x a         | invalid network mode "x"
          COPY --link=x a b         | expecting boolean value for flag --link, not: x
          RUN --security=x a        | security "x" is not valid
          RUN --device=a,b c        | invalid field 'b' must be a key=value pair
          RUN --device=a,name=b c   | device name already set to a
          RUN --mount=from=$X,target=/a c | 'from' doesn't support variable expansion, define alias stage instead
          """)
  void saysWhatIsWrongInWhichLine(String line, String message) {
    assertThatThrownBy(() -> file("FROM x\n" + line))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(2))
        .hasMessageStartingWith("dockerfile parse error on line 2: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ENV A=1 B                 | Syntax error - can't find = in "B". Must be of the form: name=value
          ENV A                     | ENV must have two arguments
          CMD [1]                   | when using JSON array syntax, arrays must be comprised of strings only
          """)
  void saysWhatCannotBeCutIntoWords(String line, String message) {
    assertThatThrownBy(() -> file("FROM x\n" + line))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(2))
        .hasMessage(message);
  }

  @Test
  void readsTheFlagsOfCopyAndAdd() throws Exception {
    assertThat(
            file("FROM x\nADD --link --keep-git-dir=false --unpack=TRUE --exclude=a --exclude=b --checksum=c d e")
                .stages()
                .getFirst()
                .instructions()
                .getFirst()
                .instruction())
        .isEqualTo(
            new Instruction.Copy(
                true,
                List.of("d"),
                List.of(),
                "e",
                Optional.empty(),
                new Instruction.Copy.Options(
                    Optional.empty(),
                    Optional.empty(),
                    true,
                    false,
                    List.of("a", "b"),
                    Optional.of(false),
                    Optional.of("c"),
                    Optional.of(true))));
  }

  @Test
  void pointsAtEveryLineOfAnInstruction() {
    assertThatThrownBy(() -> file("FROM x\nCOPY \\\n  a"))
        .isInstanceOfSatisfying(
            SourceError.class,
            e ->
                assertThat(e.ranges())
                    .extracting(range -> range.startLine())
                    .containsExactly(2, 3));
  }

  @Test
  void refusesInstructionsBeforeTheFirstStage() {
    assertThatThrownBy(() -> file("RUN a\nFROM x"))
        .hasMessageContaining("no build stage in current context");
    assertThatThrownBy(() -> file("ARG a")).hasMessageContaining("no stages to build");
  }

  @Test
  void understandsTheOldFormOfEnv() throws Exception {
    assertThat(
            file("FROM x\nENV a  b c=d")
                .stages()
                .getFirst()
                .instructions()
                .getFirst()
                .instruction())
        .isEqualTo(new Instruction.Env(List.of(new Instruction.Pair("a", "b c=d"))));
  }

  @Test
  void keepsQuotesInPairsForTheShell() throws Exception {
    assertThat(
            file("FROM x\nLABEL a=\"b c\" d='e f' g=h\\ i")
                .stages()
                .getFirst()
                .instructions()
                .getFirst()
                .instruction())
        .isEqualTo(
            new Instruction.Label(
                List.of(
                    new Instruction.Pair("a", "\"b c\""),
                    new Instruction.Pair("d", "'e f'"),
                    new Instruction.Pair("g", "h\\ i"))));
  }

  @Test
  void lowersNamesOfStages() throws Exception {
    assertThat(file("from --platform=$BUILDPLATFORM golang as Build").stages().getFirst().base())
        .isEqualTo(
            new Instruction.From(
                java.util.Optional.of("$BUILDPLATFORM"), "golang", java.util.Optional.of("build")));
  }

  @Test
  void readsGoDurations() {
    assertThat(HealthcheckParser.nanos("1m30.5s")).isEqualTo(90_500_000_000L);
    assertThat(HealthcheckParser.nanos("5")).isEqualTo(-1);
    assertThat(HealthcheckParser.nanos("1s x")).isEqualTo(-1);
  }

  private static BuildFile file(String text) throws SourceError {
    return BuildFile.of(
        DockerfileParser.parse(SourceText.of("Dockerfile", text.getBytes(StandardCharsets.UTF_8))));
  }
}
