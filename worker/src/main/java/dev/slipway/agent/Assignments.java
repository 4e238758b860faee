package dev.slipway.agent;

import dev.slipway.error.SlipwayException;
import dev.slipway.execute.StageExecutor;
import dev.slipway.gc.Holds;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.OpenContainer;
import dev.slipway.protocol.worker.PushEvent;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.registry.RegistryException;
import dev.slipway.source.TransferProgress;
import dev.slipway.telemetry.BuildLog;
import dev.slipway.tracing.Trace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * What one coordinator has this worker do: stages, pushes, reads and questions, each on a thread of
 * its own. Nothing here blocks but {@link #await}. @ThreadSafe
 */
final class Assignments {
  private static final Logger LOG = LoggerFactory.getLogger(Assignments.class);

  /** Pushes, reads and questions at once, far above what one coordinator asks of one worker. */
  private static final int MAX_PUSHES = 32;

  private static final int MAX_READS = 64;
  private static final int MAX_ASKS = 64;

  /**
   * Containers of frontends at once. They have no slot of a stage: the frontend in one waits for
   * stages, and a person in one for what to type next.
   */
  private static final int MAX_CONTAINERS = 32;

  private final Work work;
  private final RunningTasks stages;
  private final RunningTasks pushes = new RunningTasks("push", new Slots(MAX_PUSHES));
  private final RunningTasks reads = new RunningTasks("read", new Slots(MAX_READS));
  private final RunningTasks asks = new RunningTasks("ask", new Slots(MAX_ASKS));
  private final RunningTasks containers = new RunningTasks("container", new Slots(MAX_CONTAINERS));
  private final List<RunningTasks> all;
  private volatile boolean draining;

  Assignments(Work work) {
    this.work = work;
    this.stages = new RunningTasks("stage", work.stageSlots());
    this.all = List.of(stages, pushes, reads, asks, containers);
  }

  /** Takes no stage any more; all else goes on. */
  void drain() {
    draining = true;
  }

  void run(RunStage stage, Holds.Link holds, Outbox outbox) {
    if (draining) {
      refuse(stage, outbox, "the worker is draining");
      return;
    }
    RunningTasks.Admission admission =
        stages.start(
            stage.getStageId(),
            () -> {
              try (StageTrace trace =
                  new StageTrace(stage, work.tracing().part(stage.getTraceparent()))) {
                return run(stage, holds, outbox, trace);
              }
            },
            outcome -> outbox.send(WorkerMessage.newBuilder().setStageOutcome(outcome).build()));
    Optional<String> refusal =
        switch (admission) {
          case STARTED -> Optional.empty();
          case FULL -> Optional.of("all " + work.stageSlots().limit() + " slots are taken");
          case DUPLICATE -> Optional.of("the stage runs already");
          case CLOSED -> Optional.of("the worker is ending");
        };
    refusal.ifPresent(reason -> refuse(stage, outbox, reason));
  }

  private StageOutcome run(RunStage stage, Holds.Link holds, Outbox outbox, StageTrace trace) {
    long begun = System.nanoTime();
    MDC.put("stage", stage.getStageId());
    MDC.put("build", stage.getBuildId());
    if (!trace.id().isEmpty()) {
      MDC.put("trace", trace.id());
    }
    BuildLog.event(stage.getBuildId())
        .addKeyValue("stage", stage.getStageId())
        .addKeyValue("steps", stage.getStepsCount())
        .log("stage begun here");
    StageOutcome outcome =
        StageOnDisk.run(
            stage,
            work.disk(),
            holds,
            events -> work.executor().run(stage, events, outbox.connections()),
            event -> {
              trace.saw(event);
              outbox.send(WorkerMessage.newBuilder().setStageEvent(event).build());
            });
    work.stagesRun().incrementAndGet();
    if (!outcome.hasSucceeded()) {
      trace.failed(outcome.getOutcomeCase().name());
    }
    BuildLog.event(stage.getBuildId())
        .addKeyValue("stage", stage.getStageId())
        .addKeyValue("outcome", outcome.getOutcomeCase())
        .addKeyValue("millis", (System.nanoTime() - begun) / 1_000_000)
        .log("stage ended here");
    return outcome;
  }

  /** Its end is told by its own call. */
  void open(OpenContainer open, Holds.Link holds, Outbox outbox) {
    RunningTasks.Admission admission =
        containers.start(
            open.getContainerId(),
            () -> {
              ContainerOnDisk.run(
                  open,
                  work.disk(),
                  holds,
                  outbox.attach(open.getTicket()),
                  line ->
                      work.executor()
                          .containers()
                          .run(open, line, PathReader::answer, outbox.connections()));
              return open;
            },
            _ -> {});
    if (admission != RunningTasks.Admission.STARTED) {
      String reason =
          admission == RunningTasks.Admission.FULL
              ? "the worker runs " + MAX_CONTAINERS + " containers already"
              : "container refused: " + admission;
      Thread.ofVirtual()
          .name("container-refusal")
          .start(() -> ContainerOnDisk.refuse(outbox.attach(open.getTicket()), reason));
    }
  }

  private static void refuse(RunStage stage, Outbox outbox, String reason) {
    outbox.send(
        WorkerMessage.newBuilder().setStageOutcome(StageOnDisk.refused(stage, reason)).build());
  }

  void cancelStage(String id) {
    stages.cancel(id);
  }

  void push(PushLayers push, Outbox outbox) {
    TransferProgress progress =
        status ->
            outbox.send(
                WorkerMessage.newBuilder()
                    .setPushEvent(
                        PushEvent.newBuilder()
                            .setPushId(push.getPushId())
                            .setStatus(StageExecutor.status(status)))
                    .build());
    RunningTasks.Admission admission =
        pushes.start(
            push.getPushId(),
            () -> push(push, progress),
            outcome -> outbox.send(WorkerMessage.newBuilder().setPushOutcome(outcome).build()));
    if (admission != RunningTasks.Admission.STARTED) {
      PushOutcome refused =
          PushOutcome.newBuilder()
              .setPushId(push.getPushId())
              .setError("push refused: " + admission)
              .setErrorKind("UNAVAILABLE")
              .build();
      outbox.send(WorkerMessage.newBuilder().setPushOutcome(refused).build());
    }
  }

  private PushOutcome push(PushLayers push, TransferProgress progress) {
    PushOutcome.Builder outcome = PushOutcome.newBuilder().setPushId(push.getPushId());
    try (Trace _ = work.tracing().part(push.getTraceparent()).child("push at its worker");
        Holds.Link _ = held(push.getLayersList())) {
      outcome.addAllBlobs(work.pusher().push(push, progress));
    } catch (SlipwayException e) {
      outcome
          .setError(e.getMessage())
          .setErrorKind(e.kind().name())
          .setRegistryFailed(RegistryException.caused(e));
    } catch (InterruptedException _) {
      outcome.setError("push was cancelled").setErrorKind("CANCELLED");
    } catch (RuntimeException e) {
      LOG.atError().addKeyValue("push", push.getPushId()).setCause(e).log("push ended by a defect");
      outcome.setError("push failed by a defect in the worker: " + e).setErrorKind("INTERNAL");
    }
    return outcome.build();
  }

  /** What is brought here for it must not go before it is used. */
  private Holds.Link held(List<Layer> layers) {
    return work.disk().holds().during(layers.stream().map(Layer::getId).toList());
  }

  void cancelPush(String id) {
    pushes.cancel(id);
  }

  void read(ReadPath read, Outbox outbox) {
    RunningTasks.Admission admission =
        reads.start(
            read.getRequestId(),
            () -> {
              try (Holds.Link _ = held(read.getChain().getLayersList())) {
                return work.reader().read(read);
              } catch (InterruptedException _) {
                return failedRead(
                    read, "read of " + read.getPath() + " was cancelled", "CANCELLED");
              } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("read ended by a defect");
                return failedRead(
                    read,
                    "read of " + read.getPath() + " failed by a defect in the worker: " + e,
                    "INTERNAL");
              }
            },
            outcome -> outbox.send(WorkerMessage.newBuilder().setReadPathOutcome(outcome).build()));
    if (admission != RunningTasks.Admission.STARTED) {
      outbox.send(
          WorkerMessage.newBuilder()
              .setReadPathOutcome(failedRead(read, "read refused: " + admission, "UNAVAILABLE"))
              .build());
    }
  }

  private static ReadPathOutcome failedRead(ReadPath read, String error, String kind) {
    return ReadPathOutcome.newBuilder()
        .setRequestId(read.getRequestId())
        .setError(error)
        .setErrorKind(kind)
        .build();
  }

  /**
   * @param news told before the answer: whoever hears it finds what changed
   */
  void ask(Ask ask, Inventory.Feed news, Outbox outbox) {
    RunningTasks.Admission admission =
        asks.start(
            ask.getId(),
            () -> work.questions().answer(ask),
            answer -> {
              news.announce(outbox);
              outbox.send(WorkerMessage.newBuilder().setAnswer(answer).build());
            });
    if (admission != RunningTasks.Admission.STARTED) {
      outbox.send(
          WorkerMessage.newBuilder()
              .setAnswer(Questions.refused(ask, "question refused: " + admission))
              .build());
    }
  }

  void cancelAsk(String id) {
    asks.cancel(id);
  }

  boolean isIdle() {
    return all.stream().allMatch(tasks -> tasks.count() == 0);
  }

  void cancelAll() {
    all.forEach(RunningTasks::cancelAll);
  }

  /** Takes nothing new and cancels what runs. */
  void close() {
    all.forEach(RunningTasks::close);
    cancelAll();
  }

  /** Waits until nothing is under way; returns false when it took longer. */
  boolean await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    for (RunningTasks tasks : all) {
      if (!tasks.await(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
        return false;
      }
    }
    return true;
  }
}
