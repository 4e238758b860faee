package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.Standing;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueOptionsTest {
  @Test
  void takesTheQueuesOptionsOutOfTheFrontends() throws Exception {
    QueueOptions options =
        QueueOptions.of(
            Map.of(
                "build-arg:SLIPWAY_TENANT", "team-a",
                "build-arg:SLIPWAY_PRIORITY", "high",
                "build-arg:SLIPWAY_WORKER_LABELS", "gpu=true, zone=a",
                "build-arg:VERSION", "1",
                "target", "app"),
            "team-b");

    assertThat(options.standing())
        .contains(new Standing("team-a", 50, Map.of("gpu", "true", "zone", "a")));
    assertThat(options.others()).isEqualTo(Map.of("build-arg:VERSION", "1", "target", "app"));
  }

  @Test
  void understandsOptionsOfOtherClients() throws Exception {
    QueueOptions options =
        QueueOptions.of(
            Map.of(
                "slipway.tenant", "team-a",
                "slipway.priority", "-100",
                "slipway.worker-labels", "gpu=true"),
            "team-b");

    assertThat(options.standing()).contains(new Standing("team-a", -100, Map.of("gpu", "true")));
    assertThat(options.others()).isEmpty();
  }

  @Test
  void saysNothingWhereNothingIsSaid() throws Exception {
    assertThat(QueueOptions.of(Map.of("target", "app", "build-arg:SLIPWAY_TENANT", ""), "team-b"))
        .isEqualTo(new QueueOptions(java.util.Optional.empty(), Map.of("target", "app")));
  }

  @Test
  void whatIsLeftOutIsTheClientsOwn() throws Exception {
    assertThat(QueueOptions.of(Map.of("slipway.priority", "low"), "team-b").standing())
        .contains(new Standing("team-b", -50, Map.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "slipway.tenant;Team A;tenant \"Team A\" (SLIPWAY_TENANT): expected 1 to 64 of a-z",
        "build-arg:SLIPWAY_PRIORITY;urgent;priority \"urgent\" (SLIPWAY_PRIORITY): expected low",
        "build-arg:SLIPWAY_PRIORITY;101;priority \"101\"",
        "slipway.worker-labels;gpu;worker label \"gpu\" (SLIPWAY_WORKER_LABELS): expected name=value",
        "slipway.worker-labels;a=1,a=2;given twice"
      })
  void saysWhatIsWrong(String key, String value, String message) {
    assertThatThrownBy(() -> QueueOptions.of(Map.of(key, value), "team-b"))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID))
        .hasMessageContaining(message);
  }

  @Test
  void refusesTwoDifferentAnswers() {
    assertThatThrownBy(() ->
            QueueOptions.of(
                Map.of("slipway.tenant", "a", "build-arg:SLIPWAY_TENANT", "b"), "team-b"))
        .hasMessageContaining("give one of them");
  }
}
