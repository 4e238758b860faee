package dev.slipway.queue;

import dev.slipway.protocol.coordinator.CoordinationGrpc;
import dev.slipway.protocol.coordinator.ScheduleNotice;
import dev.slipway.protocol.coordinator.ScheduleRequest;
import dev.slipway.schedule.Past;
import dev.slipway.schedule.StageRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The queue at another coordinator: one call. @ThreadSafe */
final class RemoteQueue implements QueueLink {
  private static final String SELF = "";

  private final Consumer<News> audience;
  private final Consumer<String> broken;
  private final AtomicBoolean over = new AtomicBoolean();
  private @Nullable Outbox<ScheduleRequest> outbox; // set before the link is handed out
  private @Nullable ClientCallStreamObserver<ScheduleRequest> call; // likewise

  private RemoteQueue(Consumer<News> audience, Consumer<String> broken) {
    this.audience = audience;
    this.broken = broken;
  }

  /**
   * Calls the coordinator and says who it is.
   *
   * @param audience hears the news, in order; must not block
   * @param broken told once why, when the call ends and was not closed
   */
  static RemoteQueue open(
      Channel channel, String self, Consumer<News> audience, Consumer<String> broken) {
    RemoteQueue queue = new RemoteQueue(audience, broken);
    CoordinationGrpc.newStub(channel).schedule(queue.new Observer());
    queue.box().send(SELF, QueueMessages.introduction(self));
    queue.box().start();
    return queue;
  }

  @Override
  public void submit(StageRequest request, Past past) {
    box().send(request.stageId(), QueueMessages.submit(request, past));
  }

  @Override
  public void withdraw(String stageId) {
    box().send(stageId, QueueMessages.withdraw(stageId));
  }

  @Override
  public void finished(String stageId) {
    box().send(stageId, QueueMessages.finish(stageId));
  }

  @Override
  public void refused(String stageId, String reason) {
    box().send(stageId, QueueMessages.refuse(stageId, reason));
  }

  @Override
  public void close() {
    over.set(true);
    box().close(_ -> {});
    cancel("the queue is elsewhere");
  }

  private void end(String reason) {
    if (over.compareAndSet(false, true)) {
      box().close(_ -> {});
      cancel(reason);
      broken.accept(reason);
    }
  }

  private void cancel(String reason) {
    ClientCallStreamObserver<ScheduleRequest> stream = call;
    if (stream != null) {
      stream.cancel(reason, null);
    }
  }

  private Outbox<ScheduleRequest> box() {
    Outbox<ScheduleRequest> box = outbox;
    if (box == null) {
      throw new IllegalStateException("the call has not started");
    }
    return box;
  }

  private final class Observer implements ClientResponseObserver<ScheduleRequest, ScheduleNotice> {
    @Override
    public void beforeStart(ClientCallStreamObserver<ScheduleRequest> stream) {
      call = stream;
      outbox =
          new Outbox<>("queue-link", stream, () -> end("the coordinator does not read its calls"));
    }

    @Override
    public void onNext(ScheduleNotice notice) {
      if (!over.get()) {
        QueueMessages.news(notice).ifPresent(audience);
      }
    }

    @Override
    public void onError(Throwable error) {
      Status status = Status.fromThrowable(error);
      end(status.getCode() + ": " + status.getDescription());
    }

    @Override
    public void onCompleted() {
      end("the coordinator ended the call");
    }
  }
}
