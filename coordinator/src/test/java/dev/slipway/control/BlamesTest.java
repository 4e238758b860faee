package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.ClientFailure;
import dev.slipway.registry.RegistryException;
import dev.slipway.telemetry.BuildMetric.Blame;
import io.grpc.Status;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BlamesTest {
  private static final SlipwayException SILENT_REGISTRY =
      RegistryException.told(ErrorKind.UNAVAILABLE, "push failed: 503");

  @Test
  void aStepThatFailsIsTheUsers() {
    assertThat(blame(new SlipwayException(ErrorKind.INVALID, "exit code: 3")))
        .isEqualTo(Blame.USER);
  }

  @Test
  void aRegistryThatDoesNotAnswerIsToBlameHoweverDeepItIs() {
    assertThat(
            blame(
                new SlipwayException(
                    ErrorKind.UNAVAILABLE, "failed to push: push failed: 503", SILENT_REGISTRY)))
        .isEqualTo(Blame.REGISTRY);
  }

  @Test
  void anImageThatIsNotThereOrNotForTheUserIsTheUsers() {
    assertThat(blame(RegistryException.told(ErrorKind.NOT_FOUND, "404"))).isEqualTo(Blame.USER);
    assertThat(blame(RegistryException.told(ErrorKind.DENIED, "403"))).isEqualTo(Blame.USER);
  }

  @Test
  void lostWorkersFullQueuesAndDefectsAreTheFarms() {
    assertThat(blame(new SlipwayException(ErrorKind.UNAVAILABLE, "tried 4 times")))
        .isEqualTo(Blame.FARM);
    assertThat(blame(new SlipwayException(ErrorKind.EXHAUSTED, "the queue is full")))
        .isEqualTo(Blame.FARM);
    assertThat(blame(new IllegalStateException("a defect"))).isEqualTo(Blame.FARM);
  }

  @Test
  void aClientThatGivesUpDoesSoForWhatItWasTold() {
    ClientFailure givenUp = new ClientFailure("it failed", new byte[0]);

    assertThat(Blames.of(givenUp, Optional.of(SILENT_REGISTRY))).isEqualTo(Blame.REGISTRY);
    assertThat(Blames.of(givenUp, Optional.empty())).isEqualTo(Blame.USER);
  }

  @Test
  void codesAreWrittenAsBuildKitWritesThem() {
    assertThat(BuildFigures.goName(Status.Code.RESOURCE_EXHAUSTED)).isEqualTo("ResourceExhausted");
    assertThat(BuildFigures.goName(Status.Code.CANCELLED)).isEqualTo("Canceled");
    assertThat(BuildFigures.goName(Status.Code.UNKNOWN)).isEqualTo("Unknown");
  }

  private static Blame blame(Throwable error) {
    return Blames.of(error, Optional.empty());
  }
}
