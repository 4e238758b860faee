package dev.slipway.frontend.dockerfile.convert;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "1,1ns",
    "1500,1.5\u00b5s",
    "1000000,1ms",
    "1500000,1.5ms",
    "1000000000,1s",
    "1050000000,1.05s",
    "60000000000,1m0s",
    "90000000000,1m30s",
    "3600000000000,1h0m0s",
    "90061500000000,25h1m1.5s"
  })
  void printsAsGoDoes(long nanos, String text) {
    assertThat(GoDuration.text(nanos)).isEqualTo(text);
  }
}
