package dev.slipway.coordination;

import dev.slipway.protocol.coordinator.CoordinationGrpc;
import dev.slipway.protocol.coordinator.StepNews;
import dev.slipway.protocol.coordinator.WatchStepRequest;
import io.grpc.stub.StreamObserver;

/** What coordinators ask each other; each kind of call is served by a part of its own. */
public final class CoordinationService extends CoordinationGrpc.CoordinationImplBase {
  private final StepWatching watching;

  /** Serves WatchStep. */
  public interface StepWatching {
    void watchStep(WatchStepRequest request, StreamObserver<StepNews> news);
  }

  public CoordinationService(StepWatching watching) {
    this.watching = watching;
  }

  @Override
  public void watchStep(WatchStepRequest request, StreamObserver<StepNews> news) {
    watching.watchStep(request, news);
  }
}
