package dev.slipway.frontend.dockerfile.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Feature;
import dev.slipway.error.SlipwayException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShellLexerTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "A",
          "apple",
          "EMPTY",
          "",
          "PATH",
          "/usr/local/bin",
          "FILE",
          "a.tar.gz",
          "B",
          "A",
          "0",
          "zero");

  private final ShellLexer lexer = new ShellLexer('\\');

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          plain              | plain
          $A                 | apple
          ${A}               | apple
          x$A/y              | xapple/y
          $A$A               | appleapple
          ${A}s              | apples
          $UNSET             | ~~
          ${UNSET}           | ~~
          $                  | $
          a$                 | a$
          $/                 | $/
          $0                 | zero
          $01                | ~~
          \\$A               | $A
          \\\\               | \\
          a\\b               | ab
          '$A'               | $A
          "$A"               | apple
          "a b"              | a b
          "\\$A"             | $A
          "\\x"              | \\x
          "a\\"b"            | a"b
          'it'"'"'s'         | it's
          ${UNSET:-d}        | d
          ${UNSET-d}         | d
          ${EMPTY:-d}        | d
          ${EMPTY-d}         | ~~
          ${A:-d}            | apple
          ${A:+y}            | y
          ${EMPTY:+y}        | ~~
          ${EMPTY+y}         | y
          ${UNSET+y}         | ~~
          ${UNSET:-$A}       | apple
          ${UNSET:-${X:-z}}  | z
          ${UNSET:-"a b"}    | a b
          ${A:?m}            | apple
          ${EMPTY?m}         | ~~
          ${FILE#*.}         | tar.gz
          ${FILE##*.}        | gz
          ${FILE%.*}         | a.tar
          ${FILE%%.*}        | a
          ${FILE#b}          | a.tar.gz
          ${A#?}             | pple
          ${A/p/q}           | aqple
          ${A//p/q}          | aqqle
          ${PATH//\\//-}     | -usr-local-bin
          ${A/p*/x}          | ax
          ${A//p/$B}         | aAAle
          ${PATH//\\//\\/}     | \\/usr\\/local\\/bin
          $10x               | x
          """)
  @Feature("expansion of variables: ${v:-w}, ${v:+w}, ${v:?m}, ${v#p}, ${v%p}, ${v/p/r}")
  void expandsWords(String text, String expected) throws Exception {
    assertThat(lexer.word(text, ENVIRONMENT)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ${A&b}       | unsupported modifier (&) in substitution
          ${A:x}       | unsupported modifier (:x) in substitution
          ${UNSET?m m} | UNSET: m m
          ${EMPTY:?}   | EMPTY: is not allowed to be empty
          ${UNSET?}    | UNSET: is not allowed to be unset
          ${A          | missing '}'
          ${A/p        | missing '/' in ${}
          ${A#\\q}     | invalid pattern (\\q) in substitution: invalid escape '\\q'
          ${}          | bad substitution
          ${A:-b       | missing '}'
          'a           | looking for matching single-quote
          "a           | looking for matching double-quote
          """)
  void refusesWhatIsNoSubstitution(String text, String message) {
    assertThatThrownBy(() -> lexer.word(text, ENVIRONMENT))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }

  @Test
  void splitsValuesAtBlanksUnlessQuoted() throws Exception {
    assertThat(lexer.words("80 $PORTS \"$PORTS\"", Map.of("PORTS", "1 2")))
        .containsExactly("80", "1", "2", "1 2");
  }

  @Test
  void keepsQuotesAndUnsetVariablesForPeople() {
    assertThat(lexer.display("echo \"$A\" '$A' $UNSET ${UNSET:-x} \\n", ENVIRONMENT))
        .isEqualTo("echo \"apple\" '$A' $UNSET ${UNSET:-x} \\n");
    assertThat(lexer.display("echo 'open", ENVIRONMENT)).isEqualTo("echo 'open");
  }

  @Test
  void takesQuotesInDocumentsForText() throws Exception {
    assertThat(lexer.document("it's \"$A\" \\$A \\n\n", ENVIRONMENT))
        .isEqualTo("it's \"apple\" $A n\n");
  }

  @Test
  void honoursAnotherEscapeCharacter() throws Exception {
    assertThat(new ShellLexer('`').word("c:\\$A`$A", ENVIRONMENT)).isEqualTo("c:\\apple$A");
  }

  @Test
  void boundsNestingLengthAndTime() {
    String deep = "${U:-".repeat(10_000) + "}".repeat(10_000);
    assertThatThrownBy(() -> lexer.word(deep, ENVIRONMENT))
        .hasMessageContaining("nested too deeply");

    Map<String, String> large = new HashMap<>(Map.of("L", "x".repeat(60_000)));
    assertThatThrownBy(() -> lexer.word("$L".repeat(1000), large))
        .hasMessageContaining("longer than");
    assertThatThrownBy(() -> lexer.word("${L//" + "*a".repeat(1000) + "/}", large))
        .hasMessageContaining("too long");
  }
}
