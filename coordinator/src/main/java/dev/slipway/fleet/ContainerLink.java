package dev.slipway.fleet;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.EndContainer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;

/** The way to one container at its worker. {@code this} guards the call. @ThreadSafe */
public final class ContainerLink {
  private final ServerCallStreamObserver<ContainerCommand> worker;
  private boolean over;
  private boolean completed;

  ContainerLink(ServerCallStreamObserver<ContainerCommand> worker) {
    this.worker = worker;
  }

  /**
   * Sends; blocks while the worker does not read. @throws SlipwayException UNAVAILABLE when over
   */
  public synchronized void send(ContainerCommand command)
      throws SlipwayException, InterruptedException {
    while (!over && !worker.isReady()) {
      wait();
    }
    if (over) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "the container has ended");
    }
    worker.onNext(command);
  }

  /** Has the worker end the container and all in it; the listener hears when that is done. */
  public synchronized void end() {
    if (!over) {
      over = true;
      worker.onNext(
          ContainerCommand.newBuilder().setEnd(EndContainer.getDefaultInstance()).build());
      notifyAll();
    }
  }

  /** Breaks the call off: the worker ends the container, and nobody hears when. */
  public synchronized void breakOff() {
    over = true;
    if (!completed) {
      completed = true;
      worker.onError(
          Status.CANCELLED.withDescription("the container is not wanted").asRuntimeException());
      notifyAll();
    }
  }

  synchronized void ready() {
    notifyAll();
  }

  /** The worker has broken the call off. */
  synchronized void lost() {
    over = true;
    completed = true;
    notifyAll();
  }

  /** The worker has said all. */
  synchronized void complete() {
    over = true;
    if (!completed) {
      completed = true;
      worker.onCompleted();
    }
    notifyAll();
  }
}
