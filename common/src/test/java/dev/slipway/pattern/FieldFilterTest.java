package dev.slipway.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldFilterTest {
  private static final Map<String, String> RECORD =
      Map.of("id", "snap:1", "type", "regular", "description", "RUN make, twice", "inuse", "true");

  private static boolean matches(String... texts) throws Exception {
    return FieldFilter.parse(List.of(texts)).matches(name -> Optional.ofNullable(RECORD.get(name)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "id==snap:1",
        "id == snap:1 , type==regular",
        "type!=source.local",
        "absent!=x",
        "description~=^RUN",
        "id~=nap",
        "description==\"RUN make, twice\"",
        "inuse",
        "inuse==true",
        "id"
      })
  void matchesWhatContainerdWould(String text) throws Exception {
    assertThat(matches(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"id==snap", "id==snap:1,type==x", "absent", "absent==", "type!=regular", "id~=^1"})
  void leavesOutWhatContainerdWould(String text) throws Exception {
    assertThat(matches(text)).isFalse();
  }

  @Test
  void oneOfSeveralIsEnough() throws Exception {
    assertThat(matches("id==x", "type==regular")).isTrue();
    assertThat(matches("id==x", "type==y")).isFalse();
    assertThat(matches()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"=x", "id=x", "id==\"x", "id~=(", "a b", "id==x,,"})
  void namesWhatIsMalformed(String text) {
    assertThatThrownBy(() -> matches(text)).hasMessageContaining(text);
  }

  @Test
  void givesUpAnExpressionThatTakesAges() {
    String text = "a".repeat(60);

    assertThatThrownBy(
            () -> FieldFilter.parse(List.of("id~=(.*a){20}b")).matches(_ -> Optional.of(text)))
        .hasMessageContaining("too long");
  }

  @Test
  void namesItsFields() throws Exception {
    assertThat(FieldFilter.parse(List.of("id==x,shared", "type~=y")).fields())
        .containsExactlyInAnyOrder("id", "shared", "type");
  }
}
