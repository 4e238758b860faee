package dev.slipway.container;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.ContainerLink;
import dev.slipway.fleet.ContainerListener;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerFailed;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.ProcessExited;
import dev.slipway.protocol.worker.ReadMount;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.StartProcess;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A container on a worker, from its opening to its release. Blocking. @ThreadSafe */
public final class FarmContainer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FarmContainer.class);

  /** Killing and unmounting takes milliseconds; a worker that hangs loses its link before. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(20);

  private static final Duration READ_PATIENCE = Duration.ofMinutes(1);

  private final String workerId;
  private final boolean onHostNetwork;
  private final String os;
  private final Runnable over;
  private final Map<String, RunningProcess> processes = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<ReadPathOutcome>> reads = new ConcurrentHashMap<>();
  private final CompletableFuture<Optional<SlipwayException>> ready = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean released;
  private @Nullable ContainerLink link; // set before anybody else sees the container
  private @Nullable ProcessFailure firstFailure; // guarded by this

  /**
   * @param onHostNetwork whether its processes reach what the worker reaches
   * @param os whose search path its programs get; empty = Linux'
   * @param over runs once, when nothing is left of it
   */
  FarmContainer(String workerId, boolean onHostNetwork, String os, Runnable over) {
    this.onHostNetwork = onHostNetwork;
    this.workerId = workerId;
    this.os = os;
    this.over = over;
  }

  /** Where it runs. */
  public String workerId() {
    return workerId;
  }

  /** Whether its processes reach what the worker reaches. */
  public boolean isOnHostNetwork() {
    return onHostNetwork;
  }

  /** What hears of it. */
  ContainerListener listener() {
    return new Listener();
  }

  /** Waits until all that it mounts is there. */
  void opened(ContainerLink made) throws SlipwayException, InterruptedException {
    link = made;
    try {
      Optional<SlipwayException> failure = ready.get();
      if (failure.isPresent()) {
        throw failure.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a container's answer is never an exception", e);
    } catch (InterruptedException e) {
      made.breakOff();
      throw e;
    }
  }

  /**
   * Starts a process; the listener hears of it from now on, also when it cannot run.
   *
   * @param process without an id; what its environment lacks is added
   * @param started gets it before anything of it is heard
   */
  public void start(
      StartProcess process, ProcessListener listener, Consumer<RunningProcess> started)
      throws InterruptedException {
    String id = UUID.randomUUID().toString();
    RunningProcess running = new RunningProcess(id, link, listener);
    processes.put(id, running);
    started.accept(running);
    try {
      link.send(
          ContainerCommand.newBuilder()
              .setStart(
                  process.toBuilder()
                      .setProcessId(id)
                      .setMeta(ProcessDefaults.of(process.getMeta(), process.getTerminal(), os)))
              .build());
      if (ended.getCount() == 0) {
        exited(
            id,
            new ProcessFailure(
                ErrorKind.UNAVAILABLE, "the container has ended", ProcessFailure.UNKNOWN));
      }
    } catch (SlipwayException e) {
      exited(id, new ProcessFailure(e.kind(), e.getMessage(), ProcessFailure.UNKNOWN));
    }
  }

  /** Says to the listener that a process cannot be, before the worker hears of it. */
  public static void refuse(SlipwayException why, ProcessListener listener) {
    listener.started();
    listener.exited(
        Optional.of(new ProcessFailure(why.kind(), why.getMessage(), ProcessFailure.UNKNOWN)));
  }

  /**
   * Reads a file of a mount as the processes see it.
   *
   * @param mount its index
   */
  public ReadPathOutcome read(int mount, ReadPath path)
      throws SlipwayException, InterruptedException {
    String id = UUID.randomUUID().toString();
    CompletableFuture<ReadPathOutcome> answer = new CompletableFuture<>();
    reads.put(id, answer);
    try {
      link.send(
          ContainerCommand.newBuilder()
              .setRead(
                  ReadMount.newBuilder().setMount(mount).setRead(path.toBuilder().setRequestId(id)))
              .build());
      if (ended.getCount() == 0) {
        throw gone();
      }
      ReadPathOutcome outcome = answer.get(READ_PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (!outcome.getError().isEmpty()) {
        throw new SlipwayException(kind(outcome.getErrorKind()), outcome.getError());
      }
      return outcome;
    } catch (ExecutionException e) {
      throw gone();
    } catch (TimeoutException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "reading "
              + path.getPath()
              + " of a container took longer than "
              + READ_PATIENCE.toSeconds()
              + " s",
          e);
    } finally {
      reads.remove(id);
    }
  }

  private SlipwayException gone() {
    return new SlipwayException(ErrorKind.UNAVAILABLE, "the container has ended");
  }

  /**
   * Ends all in it and waits until nothing is left.
   *
   * @throws SlipwayException what the first process that ended badly ended with: CANCELLED when
   *     this was what ended it
   */
  public void release() throws SlipwayException, InterruptedException {
    released = true;
    link.end();
    if (!ended.await(END_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      link.breakOff();
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "worker " + workerId + " does not end a container");
    }
    synchronized (this) {
      if (firstFailure != null) {
        throw firstFailure;
      }
    }
  }

  /** The same, for nobody who wants to know how. */
  @Override
  public void close() {
    try {
      release();
    } catch (SlipwayException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("container released");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void exited(String id, @Nullable ProcessFailure failure) {
    RunningProcess process = processes.remove(id);
    if (process == null) {
      return;
    }
    if (failure != null) {
      synchronized (this) {
        firstFailure = firstFailure == null ? failure : firstFailure;
      }
    }
    process.exited(Optional.ofNullable(failure));
  }

  private @Nullable ProcessFailure failure(ProcessExited exited) {
    if (!exited.getError().isEmpty()) {
      return new ProcessFailure(ErrorKind.INVALID, exited.getError(), ProcessFailure.UNKNOWN);
    }
    if (exited.getCode() == 0) {
      return null;
    }
    String words = "exit code: " + exited.getCode();
    return released
        ? new ProcessFailure(ErrorKind.CANCELLED, words + ": context canceled", exited.getCode())
        : new ProcessFailure(ErrorKind.INVALID, words, exited.getCode());
  }

  static ErrorKind kind(String name) {
    return Arrays.stream(ErrorKind.values())
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElse(ErrorKind.INTERNAL);
  }

  private final class Listener implements ContainerListener {
    @Override
    public void report(ContainerReport report) {
      switch (report.getReportCase()) {
        case READY -> ready.complete(Optional.empty());
        case FAILED -> {
          ContainerFailed failed = report.getFailed();
          ready.complete(
              Optional.of(new SlipwayException(kind(failed.getErrorKind()), failed.getMessage())));
        }
        case STARTED -> of(report.getStarted().getProcessId()).ifPresent(RunningProcess::started);
        case OUTPUT ->
            of(report.getOutput().getProcessId())
                .ifPresent(process ->
                    process.output(
                        report.getOutput().getStream(),
                        report.getOutput().getData().toByteArray()));
        case EXITED -> exited(report.getExited().getProcessId(), failure(report.getExited()));
        case READ -> {
          CompletableFuture<ReadPathOutcome> answer = reads.get(report.getRead().getRequestId());
          if (answer != null) {
            answer.complete(report.getRead());
          }
        }
        case TAKEN ->
            of(report.getTaken().getProcessId())
                .ifPresent(process -> process.taken(report.getTaken().getMessages()));
        case ATTACHED, REPORT_NOT_SET ->
            LOG.atWarn().addKeyValue("worker", workerId).log("report out of place; ignored");
      }
    }

    private Optional<RunningProcess> of(String id) {
      return Optional.ofNullable(processes.get(id));
    }

    @Override
    public void ended(String reason) {
      String words = reason.isEmpty() ? "the container has ended" : reason;
      ready.complete(Optional.of(new SlipwayException(ErrorKind.UNAVAILABLE, words)));
      for (String id : processes.keySet()) {
        exited(
            id,
            released
                ? new ProcessFailure(
                    ErrorKind.CANCELLED, words + ": context canceled", ProcessFailure.UNKNOWN)
                : new ProcessFailure(ErrorKind.UNAVAILABLE, words, ProcessFailure.UNKNOWN));
      }
      ended.countDown();
      reads.values().forEach(answer -> answer.completeExceptionally(gone()));
      over.run();
    }
  }
}
