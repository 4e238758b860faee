package dev.slipway.frontend.dockerfile.instruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Attributes;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Type;
import dev.slipway.graph.Mount;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountOptionTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          type=bin,target=/a                   | unsupported mount type "bin"
          target=/a,x=1                        | unexpected key 'x' in 'x=1'
          target=/a,foo                        | invalid field 'foo' must be a key=value pair
          type=cache,target=/a,sharing=x       | unsupported sharing value "x"
          target=/a,sharing=locked             | invalid cache sharing set for bind mount
          type=cache,target=/a,mode=9          | invalid value 9 for mode
          type=cache,target=/a,uid=-1          | invalid value -1 for uid
          target=/a,gid=1                      | gid not allowed for "bind" type mounts
          type=cache,target=/a,size=1          | unexpected key 'size' for mount type 'cache'
          type=cache,target=/a,ro=x            | invalid value for ro: x
          type=cache,target=/a,required        | unexpected key 'required' for mount type 'cache'
          type=secret,target=/a,from=b         | secret mount should not have a from
          type=secret                          | invalid secret mount. one of source, target required
          type=secret,id=a,source=b            | both source and id can't be set
          size=1,type=tmpfs,target=/a          | unexpected key 'size' for mount type 'bind'
          typ=tmpfs,target=/a                  | unexpected key 'typ' in 'typ=tmpfs' (did you mean type?)
          type=tmp,target=/a                   | unsupported mount type "tmp" (did you mean tmpfs?)
          """)
  void saysWhatIsWrong(String option, String message) {
    assertThatThrownBy(() -> parse(option)).hasMessageStartingWith(message);
  }

  @Test
  void readsASecret() throws Exception {
    assertThat(parse("type=secret,id=a,env=A,required,mode=0440,uid=1,gid=2"))
        .isEqualTo(
            new MountOption(
                Type.SECRET,
                Optional.empty(),
                "",
                "",
                true,
                0,
                "a",
                Mount.Sharing.SHARED,
                true,
                Optional.of("A"),
                new Attributes(Optional.of(1), Optional.of(2), Optional.of(0440))));
  }

  @Test
  void readsQuotedFieldsAndSizesWithUnits() throws Exception {
    MountOption option = parse("type=tmpfs,\"target=/a,b\",size=1.5KiB");

    assertThat(option.target()).isEqualTo("/a,b");
    assertThat(option.size()).isEqualTo(1536);
    assertThat(option.readOnly()).isFalse();
  }

  @Test
  void knowsWhatItMountsFromBeforeVariablesAreKnown() throws Exception {
    assertThat(MountOption.from("type=$T,FROM=base,target=/a")).contains("base");
    assertThat(MountOption.from("type=$T,target=/a")).isEmpty();
  }

  private static MountOption parse(String option) throws SlipwayException {
    return MountOption.parse(option, value -> value);
  }
}
