package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class QuotedArgumentsTest {
  @Test
  void quotesAsGoDoes() {
    assertThat(QuotedArguments.of(List.of("/bin/sh", "-c", "echo \"a\\b\"\n\té\u0001")))
        .isEqualTo("\"/bin/sh -c echo \\\"a\\\\b\\\"\\n\\té\\x01\"");
  }
}
