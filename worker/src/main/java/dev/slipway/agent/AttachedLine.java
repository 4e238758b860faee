package dev.slipway.agent;

import com.google.protobuf.ByteString;
import dev.slipway.execute.ContainerLine;
import dev.slipway.protocol.worker.Attached;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerReport;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A container's call at its coordinator. Commands are asked for one by one as they are taken, and
 * who sends waits until the coordinator reads. {@code this} guards the state. @ThreadSafe
 */
final class AttachedLine
    implements ContainerLine, ClientResponseObserver<ContainerReport, ContainerCommand> {
  private final Deque<ContainerCommand> commands = new ArrayDeque<>(); // one at most
  private @Nullable ClientCallStreamObserver<ContainerReport> call;
  private boolean ended;
  private boolean dropped;

  /** Says which container it is; called once, when the call has been made. */
  void attach(ByteString ticket) {
    send(ContainerReport.newBuilder().setAttached(Attached.newBuilder().setTicket(ticket)).build());
  }

  @Override
  public synchronized void beforeStart(ClientCallStreamObserver<ContainerReport> made) {
    call = made;
    made.disableAutoRequestWithInitial(1);
    made.setOnReadyHandler(this::wake);
  }

  private synchronized void wake() {
    notifyAll();
  }

  @Override
  public synchronized void onNext(ContainerCommand command) {
    commands.add(command);
    notifyAll();
  }

  @Override
  public void onError(Throwable error) {
    drop();
  }

  /** The coordinator is rid of the call: nobody hears anything any more. */
  @Override
  public void onCompleted() {
    drop();
  }

  @Override
  public synchronized Optional<ContainerCommand> take() throws InterruptedException {
    while (commands.isEmpty() && !ended) {
      wait();
    }
    if (commands.isEmpty()) {
      return Optional.empty();
    }
    ContainerCommand command = commands.remove();
    call.request(1);
    return Optional.of(command);
  }

  @Override
  public synchronized void send(ContainerReport report) {
    boolean interrupted = false;
    while (!dropped && !call.isReady()) {
      try {
        wait();
      } catch (InterruptedException _) {
        // Who is interrupted is to end what it sends from, and not to lose what it has to say.
        interrupted = true;
      }
    }
    if (!dropped) {
      call.onNext(report);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void drop() {
    ended = true;
    dropped = true;
    notifyAll();
  }

  /** Nothing of the container is left. */
  synchronized void close() {
    if (!dropped) {
      dropped = true;
      ended = true;
      call.onCompleted();
    } else {
      call.cancel("the container has ended", null);
    }
  }
}
