package dev.slipway.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuorumTest {
  private static final long NOW = Duration.ofHours(1).toNanos();

  private static long after(long seconds) {
    return NOW + Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void moreThanHalfIsEnough() {
    Quorum quorum = new Quorum(3, NOW);

    quorum.see(List.of("a"));
    assertThat(quorum.refusal(NOW))
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .contains("sees 1 of the farm's 3 coordinators")
                .contains("start the missing ones"));

    quorum.see(List.of("a", "b"));
    assertThat(quorum.refusal(NOW)).isEmpty();

    quorum.see(List.of("b"));
    assertThat(quorum.refusal(NOW)).isPresent();
  }

  @Test
  void ofTwoHalvesTheOneWithTheOldestGoesOn() {
    Quorum elders = new Quorum(4, NOW);
    Quorum others = new Quorum(4, NOW);
    elders.see(List.of("a", "b", "c", "d"));
    others.see(List.of("a", "b", "c", "d"));

    elders.see(List.of("a", "c"));
    others.see(List.of("b", "d"));

    assertThat(elders.refusal(NOW)).isEmpty();
    assertThat(others.refusal(NOW)).isPresent();
  }

  @Test
  void halfIsNotEnoughBeforeThereWereMore() {
    Quorum quorum = new Quorum(2, NOW);

    quorum.see(List.of("a"));
    assertThat(quorum.refusal(NOW)).isPresent();

    quorum.see(List.of("a", "b"));
    quorum.see(List.of("a"));
    assertThat(quorum.refusal(NOW)).isEmpty();
  }

  @Test
  void aloneIsAlwaysEnough() {
    assertThat(new Quorum(1, NOW).refusal(after(100))).isEmpty();
  }

  @Test
  void afterALongPauseItWaitsForNewsOfTheOthers() {
    Quorum quorum = new Quorum(3, NOW);
    quorum.see(List.of("a", "b", "c"));
    quorum.tick(after(1));
    assertThat(quorum.refusal(after(3))).isEmpty();

    assertThat(quorum.refusal(after(30)))
        .hasValueSatisfying(sentence -> assertThat(sentence).contains("was stopped for a while"));
    quorum.tick(after(30));
    assertThat(quorum.refusal(after(31))).isPresent();
    quorum.tick(after(32));

    assertThat(quorum.refusal(after(33))).isEmpty();
  }
}
