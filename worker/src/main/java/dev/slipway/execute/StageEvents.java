package dev.slipway.execute;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepLog;
import dev.slipway.protocol.worker.StepStarted;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.source.TransferProgress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Says what happens to one step. @ThreadSafe when the receiver is */
final class StageEvents {
  private final String stageId;
  private final String vertex;
  private final InstantSource clock;
  private final Consumer<StageEvent> receiver;

  StageEvents(String stageId, String vertex, InstantSource clock, Consumer<StageEvent> receiver) {
    this.stageId = stageId;
    this.vertex = vertex;
    this.clock = clock;
    this.receiver = receiver;
  }

  void started() {
    receiver.accept(event().setStarted(StepStarted.getDefaultInstance()).build());
  }

  void log(int stream, byte[] data) {
    receiver.accept(
        event()
            .setLog(StepLog.newBuilder().setStream(stream).setData(ByteString.copyFrom(data)))
            .build());
  }

  void status(TransferProgress.Status status) {
    receiver.accept(event().setStatus(wire(status)).build());
  }

  /** A line that a person may want to read. */
  void note(String text) {
    Timestamp now = wire(clock.instant());
    receiver.accept(
        event()
            .setStatus(StepStatus.newBuilder().setId(text).setStarted(now).setCompleted(now))
            .build());
  }

  void done(StepDone done) {
    receiver.accept(event().setDone(done).build());
  }

  private StageEvent.Builder event() {
    return StageEvent.newBuilder()
        .setStageId(stageId)
        .setVertex(vertex)
        .setTimestamp(wire(clock.instant()));
  }

  static StepStatus wire(TransferProgress.Status status) {
    StepStatus.Builder wire =
        StepStatus.newBuilder()
            .setId(status.id())
            .setCurrent(status.current())
            .setTotal(status.total())
            .setStarted(wire(status.started()));
    status.completed().ifPresent(completed -> wire.setCompleted(wire(completed)));
    return wire.build();
  }

  private static Timestamp wire(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
