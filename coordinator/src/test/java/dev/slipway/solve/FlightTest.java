package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepLog;
import dev.slipway.protocol.worker.StepStarted;
import dev.slipway.protocol.worker.StepStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FlightTest {
  private final Flight flight = new Flight();

  private static final class Listener implements Flight.Waiter {
    private final List<String> heard = new ArrayList<>();
    private long bytes;

    @Override
    public void news(StageEvent event) {
      bytes += event.getLog().getData().size();
      heard.add(
          switch (event.getEventCase()) {
            case STARTED -> "started";
            case LOG -> event.getLog().getData().toStringUtf8();
            case STATUS -> event.getStatus().getId() + "=" + event.getStatus().getCurrent();
            case DONE, EVENT_NOT_SET -> "?";
          });
    }

    @Override
    public void ended(Flight.Outcome outcome) {
      heard.add("ended");
    }
  }

  private void log(ByteString text) {
    flight.publish(
        StageEvent.newBuilder().setLog(StepLog.newBuilder().setStream(1).setData(text)).build());
  }

  private void status(String id, long current) {
    flight.publish(
        StageEvent.newBuilder()
            .setStatus(StepStatus.newBuilder().setId(id).setCurrent(current))
            .build());
  }

  @Test
  void tellsLateJoinersWhatTheyMissedAndThenWhatComes() {
    flight.publish(StageEvent.newBuilder().setStarted(StepStarted.getDefaultInstance()).build());
    log(ByteString.copyFromUtf8("one"));
    status("pull", 1);
    status("pull", 2);
    Listener late = new Listener();

    flight.join(late);
    log(ByteString.copyFromUtf8("two"));
    flight.end(new Flight.Outcome.Landed(Map.of()));
    log(ByteString.copyFromUtf8("three"));

    assertThat(late.heard).containsExactly("started", "pull=2", "one", "two", "ended");
  }

  @Test
  void tellsTheEndToWhoComesAfterIt() {
    flight.end(new Flight.Outcome.Abandoned());
    Listener late = new Listener();

    flight.join(late);

    assertThat(late.heard).containsExactly("ended");
    assertThat(flight.isAwaited()).isFalse();
  }

  @Test
  void keepsTheEndOfALongLogAndSaysWhatIsMissing() {
    ByteString chunk = ByteString.copyFrom(new byte[64 << 10]);
    for (int i = 0; i < 100; i++) {
      log(chunk);
    }
    Listener late = new Listener();

    flight.join(late);

    assertThat(late.bytes).isBetween((long) (1 << 20) - (64 << 10), (long) (1 << 20) + 100);
    assertThat(late.heard.getFirst())
        .isEqualTo("[the first " + 84 * (64 << 10) + " bytes of the output were not kept]\n");
  }

  @Test
  void whoLeftHearsNothingMore() {
    Listener gone = new Listener();
    flight.join(gone);

    flight.leave(gone);
    log(ByteString.copyFromUtf8("one"));
    flight.end(new Flight.Outcome.Abandoned());

    assertThat(gone.heard).isEmpty();
  }
}
