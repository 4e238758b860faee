package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class CapabilityTokensTest {
  private static final Duration LIFETIME = Duration.ofHours(1);

  private Instant now = Instant.ofEpochSecond(1_000_000);
  private final CapabilityTokens tokens =
      new CapabilityTokens(
          LIFETIME,
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  @Test
  void givesATokenAgainWhileHalfOfItsLifeIsLeft() {
    String first = tokens.token("layers/a");

    now = now.plus(LIFETIME.dividedBy(2)).minusSeconds(1);
    assertThat(tokens.token("layers/a")).isEqualTo(first);

    now = now.plusSeconds(1);
    assertThat(tokens.token("layers/a")).isNotEqualTo(first);
  }

  @Test
  void remembersThoseThatAreAskedForAgain() {
    String base = tokens.token("layers/base");
    String once = tokens.token("layers/once");
    now = now.plusSeconds(60);

    for (int i = 0; i < CapabilityTokens.MAX_REMEMBERED; i++) {
      tokens.token("layers/" + i);
      assertThat(tokens.token("layers/base")).isEqualTo(base);
    }

    assertThat(tokens.token("layers/once")).isNotEqualTo(once);
  }
}
