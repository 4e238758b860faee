package dev.slipway.frontend.dockerfile.instruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
          COPY                      | COPY requires at least one argument
          COPY --form=x a b         | unknown flag: --form (did you mean from?)
          COPY --chown a b          | missing a value on flag: chown
          COPY --from=a --from=b a b | duplicate flag specified: from
          ENV A=1 B                 | Syntax error - can't find = in "B". Must be of the form: name=value
          ENV A                     | ENV must have two arguments
          ENV                       | ENV requires at least one argument
          ENV =x                    | ENV names can not be blank
          CMD [1]                   | when using JSON array syntax, arrays must be comprised of strings only
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
          RUN --mount=type=bin,target=/a x | unsupported mount type "bin"
          RUN --mount=target=/a,x=1 b | unexpected key 'x' in 'x=1'
          RUN --mount=target=/a,foo b | invalid field 'foo' must be a key=value pair
          RUN --mount=type=tmpfs,target=/a,source=/b c | unexpected key 'source' for mount type 'tmpfs'
          RUN --mount=type=cache,target=/a,sharing=x c | unsupported sharing value "x"
          RUN --mount=target=/a,sharing=locked c | invalid cache sharing set for bind mount
          RUN --mount=type=cache,target=/a,mode=9 c | invalid value 9 for mode
          RUN --mount=type=cache,target=/a,uid=-1 c | invalid value -1 for uid
          RUN --mount=target=/a,gid=1 c | gid not allowed for "bind" type mounts
          RUN --mount=type=cache,target=/a,size=1 c | unexpected key 'size' for mount type 'cache'
          RUN --mount=type=cache,target=/a,ro=x c | invalid value for ro: x
          RUN --mount=type=cache,target=/a,required c | unexpected key 'required' for mount type 'cache'
          RUN --mount=from=$X,target=/a c | 'from' doesn't support variable expansion, define alias stage instead
          """)
  void saysWhatIsWrongInWhichLine(String line, String message) {
    assertThatThrownBy(() -> file("FROM x\n" + line))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(2))
        .hasMessageStartingWith("dockerfile parse error on line 2: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          COPY --link a b
          COPY --parents a b
          COPY --exclude=c a b
          ADD --checksum=sha256:1 a b
          RUN --security=insecure a
          RUN --device=x a
          RUN --mount=type=secret,id=a b
          RUN --mount=type=ssh b
          """)
  void refusesWhatIsNotThereYet(String line) {
    assertThatThrownBy(() -> file("FROM x\n" + line))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(2))
        .hasMessageContaining("not supported yet");
  }

  @Test
  void refusesInstructionsBeforeTheFirstStage() {
    assertThatThrownBy(() -> file("RUN a\nFROM x"))
        .hasMessageContaining("line 1: no build stage in current context");
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
