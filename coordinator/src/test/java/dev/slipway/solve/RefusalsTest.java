package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private final Refusals refusals = new Refusals();

  @Test
  void aFewAreBorneHoweverLongTheyTake() {
    for (int hour = 0; hour < 19; hour++) {
      assertThat(refusals.add("w", "full", Instant.EPOCH.plusSeconds(3600L * hour))).isEmpty();
    }
  }

  @Test
  void manyInMinutesEndTheStageWithTheWorkersReason() {
    for (int second = 0; second < 300; second++) {
      assertThat(refusals.add("w", "full", Instant.EPOCH.plusSeconds(second))).isEmpty();
    }

    assertThat(refusals.add("w-2", "its disk is full", Instant.EPOCH.plusSeconds(300)))
        .hasValueSatisfying(
            error -> assertThat(error).hasMessageContaining("w-2: its disk is full"));
  }
}
