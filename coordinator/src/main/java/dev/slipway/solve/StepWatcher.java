package dev.slipway.solve;

import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepStatus;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** A build that sees what happens to a step, its own or another's, as its own vertex. */
final class StepWatcher implements Flight.Waiter {
  private final VertexProgress progress;
  private final Digest vertex;
  private final Clock clock;
  private final Consumer<Flight.Outcome> onEnd;

  /**
   * @param onEnd must not block
   */
  StepWatcher(VertexProgress progress, Digest vertex, Clock clock, Consumer<Flight.Outcome> onEnd) {
    this.progress = progress;
    this.vertex = vertex;
    this.clock = clock;
    this.onEnd = onEnd;
  }

  @Override
  public void news(StageEvent event) {
    switch (event.getEventCase()) {
      case STARTED -> progress.started(vertex);
      case LOG ->
          progress.log(vertex, event.getLog().getStream(), event.getLog().getData().toByteArray());
      case STATUS -> progress.status(line(event.getStatus()));
      case DONE, EVENT_NOT_SET -> {}
    }
  }

  @Override
  public void ended(Flight.Outcome outcome) {
    onEnd.accept(outcome);
  }

  private StatusLine line(StepStatus status) {
    Instant now = clock.instant();
    return new StatusLine(
        status.getId(),
        vertex,
        status.getId(),
        status.getCurrent(),
        status.getTotal(),
        now,
        Optional.of(status.hasStarted() ? instant(status.getStarted()) : now),
        status.hasCompleted() ? Optional.of(instant(status.getCompleted())) : Optional.empty());
  }

  private static Instant instant(com.google.protobuf.Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }
}
