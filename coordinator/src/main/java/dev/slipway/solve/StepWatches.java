package dev.slipway.solve;

import dev.slipway.coordination.CoordinationService;
import dev.slipway.protocol.coordinator.StepNews;
import dev.slipway.protocol.coordinator.WatchStepRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** Lets other coordinators' builds wait for steps that run here. @ThreadSafe */
final class StepWatches implements CoordinationService.StepWatching {
  private final Flights flights;

  StepWatches(Flights flights) {
    this.flights = flights;
  }

  @Override
  public void watchStep(WatchStepRequest request, StreamObserver<StepNews> news) {
    Optional<Flight> flight = flights.find(request.getKey());
    if (flight.isEmpty()) {
      news.onError(
          Status.NOT_FOUND.withDescription("the step does not run here").asRuntimeException());
      return;
    }
    StepRelay.start((ServerCallStreamObserver<StepNews>) news, flight.get());
  }
}
