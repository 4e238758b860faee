package dev.slipway.gc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class HoldsTest {
  private Instant now = Instant.EPOCH;
  private final Holds holds = new Holds(() -> now);

  @Test
  void aLayerIsHeldUntilTheLastBuildIsReleased() {
    Holds.Link link = holds.link();
    link.hold("b1", List.of("snap:1", "snap:1"));
    link.hold("b2", List.of("snap:1"));

    link.release("b1");
    assertThat(holds.isHeld("snap:1")).isTrue();
    link.release("b2");
    assertThat(holds.isHeld("snap:1")).isFalse();
  }

  @Test
  void whatACoordinatorHoldsGoesWithItsLink() {
    Holds.Link one = holds.link();
    Holds.Link other = holds.link();
    one.hold("b", List.of("snap:1", "snap:2"));
    other.hold("b", List.of("snap:2"));

    one.close();
    one.hold("b", List.of("snap:3"));

    assertThat(holds.isHeld("snap:1")).isFalse();
    assertThat(holds.isHeld("snap:2")).isTrue();
    assertThat(holds.isHeld("snap:3")).as("held over a link that has ended").isFalse();
  }

  @Test
  void aStageHoldsItsInputsAndItsBuildHoldsTheResults() {
    Holds.Link link = holds.link();
    Holds.Stage stage = link.stage("b", List.of("chain:1"));
    String made = holds.newLayerId();
    assertThat(holds.isHeld("chain:1")).isTrue();
    assertThat(holds.isHeld(made)).as("before anybody heard of it").isTrue();

    stage.made(List.of("chain:1", made));
    stage.close();
    stage.close();
    assertThat(holds.isHeld("chain:1")).isTrue();
    assertThat(holds.isHeld(made)).isTrue();

    link.release("b");
    assertThat(holds.isHeld("chain:1")).isFalse();
    assertThat(holds.isHeld(made)).isFalse();
  }

  @Test
  void aResultThatComesAfterTheEndOfItsBuildIsNotHeldForEver() {
    Holds.Link link = holds.link();
    Holds.Stage stage = link.stage("b", List.of());
    link.release("b");

    stage.made(List.of("snap:late"));
    stage.close();

    assertThat(holds.isHeld("snap:late")).isFalse();
  }

  @Test
  void whatAFailedStepMadeIsFreeWhenNoOlderStageRuns() {
    Holds.Link link = holds.link();
    Holds.Stage old = link.stage("b", List.of());
    now = now.plusSeconds(1);
    Holds.Stage failed = link.stage("b", List.of());
    now = now.plusSeconds(1);
    String made = holds.newLayerId();

    failed.close();
    assertThat(holds.isHeld(made)).as("the older stage may be its maker").isTrue();
    old.close();
    assertThat(holds.isHeld(made)).isFalse();
  }
}
