package dev.slipway.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class OutcastsTest {
  private static final byte[] ONE = {1};
  private static final byte[] TWO = {2};
  private final Outcasts outcasts = new Outcasts();

  @Test
  void whomOneCoordinatorCallsEvictedIsOut() {
    outcasts.told(ONE, Set.of("w-1"));
    outcasts.told(TWO, Set.of());

    assertThat(outcasts.contains("w-1")).isTrue();
    assertThat(outcasts.contains("w-2")).isFalse();
  }

  @Test
  void theWordOfACoordinatorThatLeftHoldsUntilAnotherSpeaks() {
    outcasts.told(ONE, Set.of("w-1"));
    outcasts.left(ONE);
    assertThat(outcasts.contains("w-1")).isTrue();

    outcasts.told(TWO, Set.of());

    assertThat(outcasts.contains("w-1")).isFalse();
  }
}
