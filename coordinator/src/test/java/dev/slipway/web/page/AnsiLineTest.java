package dev.slipway.web.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnsiLineTest {
  private static String html(String raw) {
    return AnsiLine.parse(raw, AnsiStyle.PLAIN).html("");
  }

  @Test
  void colourBecomesAClassAndEndsWithItsReset() {
    assertThat(html("\u001b[1;32mok\u001b[0m done"))
        .isEqualTo("<span class=\"f2 bold\">ok</span> done");
  }

  @Test
  void aColourGoesOnInTheNextLine() {
    AnsiLine first = AnsiLine.parse("\u001b[31mred", AnsiStyle.PLAIN);

    assertThat(AnsiLine.parse("still", first.after()).html(""))
        .isEqualTo("<span class=\"f1\">still</span>");
  }

  @Test
  void markupIsTextAlsoWhereControlSequencesCutIt() {
    assertThat(html("<scr\u001b[31mipt>alert('x' && \"y\")</script>"))
        .isEqualTo(
            "&lt;scr<span class=\"f1\">ipt&gt;alert(&#39;x&#39; &amp;&amp; &quot;y&quot;)&lt;/script&gt;</span>");
  }

  @Test
  void whatIsNoColourIsLeftOut() {
    assertThat(
            html(
                "a\u001b[2Kb\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\d\u001b(Be\u0007\u0000f\u009bg"))
        .isEqualTo("abcdefg");
  }

  @Test
  void aSequenceWithoutEndTakesTheRestOfTheLine() {
    assertThat(html("a\u001b[31")).isEqualTo("a");
    assertThat(html("a\u001b]0;never")).isEqualTo("a");
    assertThat(html("a\u001b")).isEqualTo("a");
  }

  @Test
  void coloursOfTheTableAndExactOnesAreTheNearestOfSixteen() {
    assertThat(html("\u001b[38;5;196mx")).isEqualTo("<span class=\"f9\">x</span>");
    assertThat(html("\u001b[48;2;0;0;230mx")).isEqualTo("<span class=\"g4\">x</span>");
    assertThat(html("\u001b[38;2;1mx")).isEqualTo("x");
    assertThat(html("\u001b[99999999999999999999mx")).isEqualTo("x");
  }

  @Test
  void theWordIsMarkedWhateverTheCaseAndAcrossColours() {
    String html =
        AnsiLine.parse("An \u001b[31merr\u001b[0mor <here>", AnsiStyle.PLAIN).html("ERROR");

    assertThat(html)
        .isEqualTo("An <span class=\"f1\"><mark>err</mark></span><mark>or</mark> &lt;here&gt;");
  }
}
