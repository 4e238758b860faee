package dev.slipway.agent;

import dev.slipway.error.SlipwayException;
import dev.slipway.execute.StageExecutor;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.DiskRecord;
import dev.slipway.gc.Holds;
import dev.slipway.layers.BlobMaker;
import dev.slipway.layers.LayerApplier;
import dev.slipway.part.Parts;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Heartbeat;
import dev.slipway.protocol.worker.PushEvent;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.Welcome;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.TransferProgress;
import dev.slipway.telemetry.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker at work: does what the coordinator asks until it is closed. @ThreadSafe */
public final class Agent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  /** Pushes and reads at once, far above what one coordinator asks of one worker. */
  private static final int MAX_PUSHES = 32;

  private static final int MAX_READS = 64;

  private static final int MAX_ASKS = 64;

  /** New layers are announced together this often; results of steps travel with the steps. */
  private static final long ANNOUNCE_MILLIS = 250;

  /** What is cancelled must have ended by then; a killed container takes milliseconds. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(5);

  private final WorkerDescription description;
  private final Consumer<Capability.Verifier> joined;
  private final SnapshotStore store;
  private final Path root;
  private final DiskKeeper disk;
  private final Inventory inventory;
  private final BlobTransfer transfer;
  private final LayerFetcher fetcher;
  private final StageExecutor executor;
  private final LayerPusher pusher;
  private final PathReader reader;
  private final RunningTasks stages;
  private final RunningTasks pushes = new RunningTasks("push", MAX_PUSHES);
  private final RunningTasks asks = new RunningTasks("ask", MAX_ASKS);
  private final Questions questions;
  private final RunningTasks reads = new RunningTasks("read", MAX_READS);
  private final ScheduledExecutorService pulse =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("agent-pulse").factory());
  private final AtomicReference<@Nullable Outbox> current = new AtomicReference<>();
  private final AtomicLong stagesRun = new AtomicLong();
  private final FarmLink link;

  /**
   * Where the coordinator is and how it knows us.
   *
   * @param coordinator {@code host:port}
   */
  public record Farm(String coordinator, String joinToken) {
    @Override
    public String toString() {
      return "Farm[" + coordinator + "]";
    }
  }

  /**
   * @param disk looks after the store
   * @param root of the worker's files, on the store's file system
   * @param joined gets the key of each membership's capability tokens
   */
  public Agent(
      WorkerDescription description,
      Farm farm,
      SnapshotStore store,
      DiskKeeper disk,
      Sandbox sandbox,
      Path root,
      Meters meters,
      Consumer<Capability.Verifier> joined)
      throws IOException {
    this.description = description;
    this.joined = joined;
    this.store = store;
    this.root = root;
    this.disk = disk;
    this.inventory = new Inventory(store);
    disk.onRemoved(gone -> inventory.removed(gone.stream().map(DiskRecord::id).toList()));
    InstantSource clock = InstantSource.system();
    Path scratch = emptied(root.resolve("scratch"));
    this.transfer = new BlobTransfer(RetryPolicy.DEFAULT);
    this.fetcher =
        new LayerFetcher(
            store, new LayerApplier(), transfer, scratch, clock, meters, inventory::added);
    Parts parts = new Parts(store);
    this.executor =
        new StageExecutor(store, fetcher, sandbox, disk, parts, clock, meters, inventory::added);
    this.pusher =
        new LayerPusher(store, fetcher, new BlobMaker(store), transfer, scratch, clock, meters);
    this.reader = new PathReader(store, fetcher);
    DiskQuestions diskQuestions = new DiskQuestions(disk, this::announce);
    this.questions =
        new Questions(
            Map.of(
                Ask.QuestionCase.DISK_USAGE, diskQuestions::usage,
                Ask.QuestionCase.PRUNE, diskQuestions::prune,
                Ask.QuestionCase.DIGEST_PART, new PartQuestions(parts, fetcher)::answer));
    this.stages = new RunningTasks("stage", description.slots());
    this.link =
        new FarmLink(
            farm.coordinator(),
            farm.joinToken(),
            () -> description.hello(inventory.all()),
            new Membership());
  }

  private static Path emptied(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    return directory;
  }

  /** Works until {@link #close} or an interrupt. */
  public void run() throws InterruptedException {
    link.run();
  }

  /** Whether the coordinator has taken this worker in. */
  public boolean isJoined() {
    return current.get() != null;
  }

  /** Stages that run now. */
  public int runningStages() {
    return stages.count();
  }

  /** Stages that ended since the start. */
  public long stagesRun() {
    return stagesRun.get();
  }

  private final class Membership implements FarmLink.Member {
    private @Nullable ScheduledFuture<?> heartbeat;
    private @Nullable ScheduledFuture<?> announcements;
    private Holds.Link holds = disk.holds().link();

    @Override
    public void joined(Welcome welcome, Outbox outbox) {
      try {
        joined.accept(new Capability.Verifier(welcome.getCapabilityPublicKey().toByteArray()));
      } catch (SlipwayException e) {
        LOG.atError().setCause(e).log("the coordinator's key is unusable, peers will be refused");
      }
      long millis = Math.max(100, welcome.getHeartbeatMillis());
      heartbeat =
          pulse.scheduleAtFixedRate(
              guarded(() -> beat(outbox)), millis, millis, TimeUnit.MILLISECONDS);
      announcements =
          pulse.scheduleWithFixedDelay(
              guarded(() -> inventory.announce(outbox)),
              ANNOUNCE_MILLIS,
              ANNOUNCE_MILLIS,
              TimeUnit.MILLISECONDS);
      current.set(outbox);
      LOG.atInfo().addKeyValue("worker", description.id()).log("joined the farm");
    }

    @Override
    public void received(CoordinatorMessage message, Outbox outbox) {
      switch (message.getMessageCase()) {
        case RUN_STAGE -> start(message.getRunStage(), holds, outbox);
        case CANCEL_STAGE -> stages.cancel(message.getCancelStage().getStageId());
        case PUSH_LAYERS -> start(message.getPushLayers(), outbox);
        case CANCEL_PUSH -> pushes.cancel(message.getCancelPush().getPushId());
        case READ_PATH -> start(message.getReadPath(), outbox);
        case ASK -> start(message.getAsk(), outbox);
        case CANCEL_ASK -> asks.cancel(message.getCancelAsk().getId());
        case HOLD_LAYERS ->
            holds.hold(
                message.getHoldLayers().getBuildId(), message.getHoldLayers().getLayerIdsList());
        case RELEASE_BUILD -> holds.release(message.getReleaseBuild().getBuildId());
        case COORDINATORS, DRAINED, WELCOME, MESSAGE_NOT_SET ->
            LOG.atWarn()
                .log("the coordinator sent a message that this version does not know; ignored");
      }
    }

    /**
     * A stage that goes on for a coordinator that has given it to another would only be in the way.
     */
    @Override
    public void lost() {
      current.set(null);
      if (heartbeat != null) {
        heartbeat.cancel(false);
      }
      if (announcements != null) {
        announcements.cancel(false);
      }
      stages.cancelAll();
      pushes.cancelAll();
      reads.cancelAll();
      asks.cancelAll();
      holds.close();
      holds = disk.holds().link();
      LOG.atInfo().log("left the farm");
    }
  }

  /** A scheduled task that throws is never run again. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.atWarn().setCause(e).log("pulse skipped");
      }
    };
  }

  /** Says at once what else is said every now and then. */
  private void announce() {
    Outbox outbox = current.get();
    if (outbox != null) {
      inventory.announce(outbox);
    }
  }

  private void beat(Outbox outbox) {
    long free = root.toFile().getUsableSpace();
    outbox.send(
        WorkerMessage.newBuilder()
            .setHeartbeat(
                Heartbeat.newBuilder().setRunningStages(stages.count()).setFreeBytes(free))
            .build());
  }

  private void start(RunStage stage, Holds.Link holds, Outbox outbox) {
    RunningTasks.Admission admission =
        stages.start(
            stage.getStageId(),
            () -> {
              StageOutcome outcome =
                  StageOnDisk.run(
                      stage,
                      disk,
                      holds,
                      events -> executor.run(stage, events),
                      event ->
                          outbox.send(WorkerMessage.newBuilder().setStageEvent(event).build()));
              stagesRun.incrementAndGet();
              LOG.atDebug()
                  .addKeyValue("stage", stage.getStageId())
                  .addKeyValue("outcome", outcome.getOutcomeCase())
                  .log("stage ended");
              return outcome;
            },
            outcome -> outbox.send(WorkerMessage.newBuilder().setStageOutcome(outcome).build()));
    Optional<String> refusal =
        switch (admission) {
          case STARTED -> Optional.empty();
          case FULL -> Optional.of("all " + description.slots() + " slots are taken");
          case DUPLICATE -> Optional.of("the stage runs already");
          case CLOSED -> Optional.of("the worker is ending");
        };
    refusal.ifPresent(reason -> refuse(stage, outbox, reason));
  }

  private static void refuse(RunStage stage, Outbox outbox, String reason) {
    outbox.send(
        WorkerMessage.newBuilder().setStageOutcome(StageOnDisk.refused(stage, reason)).build());
  }

  private void start(PushLayers push, Outbox outbox) {
    TransferProgress progress =
        status ->
            outbox.send(
                WorkerMessage.newBuilder()
                    .setPushEvent(
                        PushEvent.newBuilder().setPushId(push.getPushId()).setStatus(wire(status)))
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
    try {
      outcome.addAllBlobs(pusher.push(push, progress));
    } catch (SlipwayException e) {
      outcome.setError(e.getMessage()).setErrorKind(e.kind().name());
    } catch (InterruptedException _) {
      outcome.setError("push was cancelled").setErrorKind("CANCELLED");
    } catch (RuntimeException e) {
      LOG.atError().addKeyValue("push", push.getPushId()).setCause(e).log("push ended by a defect");
      outcome.setError("push failed by a defect in the worker: " + e).setErrorKind("INTERNAL");
    }
    return outcome.build();
  }

  private void start(ReadPath read, Outbox outbox) {
    RunningTasks.Admission admission =
        reads.start(
            read.getRequestId(),
            () -> {
              try {
                return reader.read(read);
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

  private void start(Ask ask, Outbox outbox) {
    RunningTasks.Admission admission =
        asks.start(
            ask.getId(),
            () -> questions.answer(ask),
            answer -> outbox.send(WorkerMessage.newBuilder().setAnswer(answer).build()));
    if (admission != RunningTasks.Admission.STARTED) {
      outbox.send(
          WorkerMessage.newBuilder()
              .setAnswer(Questions.refused(ask, "question refused: " + admission))
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

  private static StepStatus wire(TransferProgress.Status status) {
    return StageExecutor.status(status);
  }

  /** Takes nothing new, cancels what runs and leaves the farm. */
  @Override
  public void close() {
    stages.close();
    pushes.close();
    reads.close();
    asks.close();
    stages.cancelAll();
    pushes.cancelAll();
    reads.cancelAll();
    asks.cancelAll();
    try {
      boolean over =
          stages.await(END_PATIENCE)
              & pushes.await(END_PATIENCE)
              & reads.await(END_PATIENCE)
              & asks.await(END_PATIENCE);
      if (!over) {
        LOG.atWarn().addKeyValue("stages", stages.count()).log("not everything ended in time");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Outbox outbox = current.get();
    if (outbox != null) {
      outbox.complete();
    }
    pulse.shutdownNow();
    link.close();
    fetcher.close();
    transfer.close();
  }
}
