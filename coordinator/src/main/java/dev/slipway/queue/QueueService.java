package dev.slipway.queue;

import dev.slipway.coordination.CoordinationService;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.coordinator.ScheduleNotice;
import dev.slipway.protocol.coordinator.ScheduleRequest;
import dev.slipway.schedule.SchedulerLoop;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The farm's queue for the other coordinators, while this is the oldest one: a session for each
 * call. What a coordinator had goes with its call. @ThreadSafe
 */
public final class QueueService implements CoordinationService.Queueing {
  private static final Logger LOG = LoggerFactory.getLogger(QueueService.class);

  private final SchedulerLoop loop;
  private final Map<String, Call> calls = new ConcurrentHashMap<>();
  private volatile boolean leading;

  public QueueService(SchedulerLoop loop) {
    this.loop = loop;
  }

  /** From now on the queue is here, or is not. */
  void lead(boolean here) {
    leading = here;
    if (!here) {
      keep(List.of());
    }
  }

  /** Ends the calls of all other coordinators: they are gone. */
  void keep(Collection<String> coordinators) {
    for (Map.Entry<String, Call> entry : calls.entrySet()) {
      if (!coordinators.contains(entry.getKey())) {
        entry.getValue().end(elsewhere());
      }
    }
  }

  @Override
  public StreamObserver<ScheduleRequest> schedule(StreamObserver<ScheduleNotice> responses) {
    return new Call((ServerCallStreamObserver<ScheduleNotice>) responses);
  }

  private static Status elsewhere() {
    return Status.FAILED_PRECONDITION.withDescription("the farm's queue is not here");
  }

  /** One coordinator's call; gRPC hands its messages in one by one. */
  private final class Call implements StreamObserver<ScheduleRequest> {
    private final Outbox<ScheduleNotice> outbox;
    private final QueueSession session = new QueueSession(loop, this::tell);
    private @Nullable String coordinatorId;

    Call(ServerCallStreamObserver<ScheduleNotice> stream) {
      stream.setOnCancelHandler(() -> end(Status.CANCELLED));
      outbox =
          new Outbox<>(
              "queue-session",
              stream,
              () -> end(Status.RESOURCE_EXHAUSTED.withDescription("notices are not read")));
      outbox.start();
    }

    @Override
    public void onNext(ScheduleRequest request) {
      if (coordinatorId == null) {
        if (request.hasIntroduction()) {
          introduced(request.getIntroduction().getCoordinatorId());
        } else {
          end(Status.INVALID_ARGUMENT.withDescription("the first message must be introduction"));
        }
        return;
      }
      try {
        handle(request);
      } catch (SlipwayException e) {
        tell(new News.Failed(request.getSubmit().getStageId(), e));
      }
    }

    private void introduced(String id) {
      coordinatorId = id;
      Call previous = calls.put(id, this);
      if (previous != null) {
        // Before anything of this call is read: what it says counts, the old call's stages do not.
        previous.end(Status.ABORTED.withDescription("the coordinator has called again"));
      }
      if (!leading) {
        end(elsewhere());
        return;
      }
      LOG.atInfo().addKeyValue("coordinator", id).log("coordinator uses the queue");
    }

    private void handle(ScheduleRequest request) throws SlipwayException {
      switch (request.getRequestCase()) {
        case SUBMIT ->
            session.submit(
                QueueMessages.request(request.getSubmit()),
                QueueMessages.past(request.getSubmit()));
        case WITHDRAW -> session.withdraw(request.getWithdraw().getStageId());
        case FINISH -> session.finished(request.getFinish().getStageId());
        case REFUSE ->
            session.refused(request.getRefuse().getStageId(), request.getRefuse().getReason());
        case INTRODUCTION, REQUEST_NOT_SET ->
            LOG.atWarn()
                .addKeyValue("coordinator", coordinatorId)
                .log("coordinator sent a request out of place; ignored");
      }
    }

    private void tell(News news) {
      ScheduleNotice notice = QueueMessages.notice(news);
      if (news instanceof News.Waiting) {
        outbox.hint(news.stageId(), notice);
      } else {
        outbox.send(news.stageId(), notice);
      }
    }

    @Override
    public void onError(Throwable error) {
      end(Status.CANCELLED);
    }

    @Override
    public void onCompleted() {
      end(Status.OK);
    }

    /** The queue has nothing of it any more; called from any thread, any number of times. */
    private void end(Status reason) {
      session.close();
      String id = coordinatorId;
      if (id != null && calls.remove(id, this)) {
        LOG.atInfo()
            .addKeyValue("coordinator", id)
            .addKeyValue("reason", reason.getCode())
            .addKeyValue("text", reason.getDescription())
            .log("coordinator's stages left the queue");
      }
      outbox.close(stream -> {
        if (reason.isOk()) {
          stream.onCompleted();
        } else {
          stream.onError(reason.asRuntimeException());
        }
      });
    }
  }
}
