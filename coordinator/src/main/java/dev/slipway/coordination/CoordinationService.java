package dev.slipway.coordination;

import dev.slipway.protocol.coordinator.CoordinationGrpc;
import dev.slipway.protocol.coordinator.ScheduleNotice;
import dev.slipway.protocol.coordinator.ScheduleRequest;
import dev.slipway.protocol.coordinator.StepNews;
import dev.slipway.protocol.coordinator.WatchStepRequest;
import io.grpc.stub.StreamObserver;

/** What coordinators ask each other; each kind of call is served by a part of its own. */
public final class CoordinationService extends CoordinationGrpc.CoordinationImplBase {
  private final Queueing queueing;
  private final StepWatching watching;

  /** Serves Schedule. */
  public interface Queueing {
    StreamObserver<ScheduleRequest> schedule(StreamObserver<ScheduleNotice> notices);
  }

  /** Serves WatchStep. */
  public interface StepWatching {
    void watchStep(WatchStepRequest request, StreamObserver<StepNews> news);
  }

  public CoordinationService(Queueing queueing, StepWatching watching) {
    this.queueing = queueing;
    this.watching = watching;
  }

  @Override
  public StreamObserver<ScheduleRequest> schedule(StreamObserver<ScheduleNotice> notices) {
    return queueing.schedule(notices);
  }

  @Override
  public void watchStep(WatchStepRequest request, StreamObserver<StepNews> news) {
    watching.watchStep(request, news);
  }
}
