package dev.slipway.control;

import com.google.protobuf.ByteString;
import dev.slipway.container.ProcessFailure;
import dev.slipway.container.ProcessListener;
import dev.slipway.container.ProcessSignals;
import dev.slipway.container.RunningProcess;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.protocol.buildkit.gateway.DoneMessage;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.ExitMessage;
import dev.slipway.protocol.buildkit.gateway.FdMessage;
import dev.slipway.protocol.buildkit.gateway.InitMessage;
import dev.slipway.protocol.buildkit.gateway.ResizeMessage;
import dev.slipway.protocol.buildkit.gateway.StartedMessage;
import dev.slipway.protocol.worker.StartProcess;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One ExecProcess call: the processes that a client started with it. gRPC hands its messages in one
 * by one, on virtual threads that may wait for a process to read; what processes write waits until
 * the client reads. {@code this} guards the client's stream. docs/protocol.md#containers.
 */
final class ExecCall implements StreamObserver<ExecMessage> {
  /** Of one call, at once. */
  private static final int MAX_PROCESSES = 256;

  private static final int KILL = 9;

  private final Source source;
  private final ServerCallStreamObserver<ExecMessage> client;
  private final Map<String, Attached> processes = new ConcurrentHashMap<>();
  private boolean over; // guarded by this, as the next
  private boolean halfClosed;

  /** Finds the build that the call belongs to. */
  interface Source {
    GatewayBuild build() throws SlipwayException, InterruptedException;
  }

  /**
   * A process of the call.
   *
   * @param fds that the client wants
   */
  private record Attached(RunningProcess process, Set<Integer> fds) {}

  ExecCall(Source source, ServerCallStreamObserver<ExecMessage> client) {
    this.source = source;
    this.client = client;
    client.setOnReadyHandler(this::wake);
    client.setOnCancelHandler(this::cancelled);
  }

  private synchronized void wake() {
    notifyAll();
  }

  private void cancelled() {
    synchronized (this) {
      over = true;
      notifyAll();
    }
    killAll();
  }

  private void killAll() {
    try {
      for (Attached attached : processes.values()) {
        attached.process().signal(KILL);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void onNext(ExecMessage message) {
    try {
      handle(message);
    } catch (SlipwayException | StatusRuntimeException e) {
      fail(e);
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
  }

  private void fail(Exception e) {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      client.onError(ErrorStatus.exception(e));
      notifyAll();
    }
    killAll();
  }

  private void handle(ExecMessage message)
      throws SlipwayException, IOException, InterruptedException {
    String id = message.getProcessID();
    if (id.isEmpty()) {
      throw refused(Status.INVALID_ARGUMENT, "ProcessID required");
    }
    switch (message.getInputCase()) {
      case INIT -> start(id, message.getInit());
      case FILE -> {
        FdMessage file = message.getFile();
        Attached process = find(id);
        if (file.getFd() != 0 || !process.fds().contains(0)) {
          throw refused(Status.OUT_OF_RANGE, "fd " + file.getFd() + " unavailable to write");
        }
        if (!file.getData().isEmpty()) {
          process.process().write(file.getData().toByteArray());
        }
        if (file.getEOF()) {
          process.process().endInput();
        }
      }
      case RESIZE -> {
        ResizeMessage size = message.getResize();
        find(id).process().resize(size.getRows(), size.getCols());
      }
      case SIGNAL -> {
        Attached process = find(id);
        String name = message.getSignal().getName();
        process
            .process()
            .signal(
                ProcessSignals.number(name)
                    .orElseThrow(() -> refused(Status.INVALID_ARGUMENT, "Unknown signal " + name)));
      }
      case STARTED, EXIT, DONE, INPUT_NOT_SET -> {} // nothing that a client says
    }
  }

  private static StatusRuntimeException refused(Status status, String words) {
    return status.withDescription(words).asRuntimeException();
  }

  /** One that has ended takes what is still on its way to it. */
  private Attached find(String id) {
    Attached attached = processes.get(id);
    if (attached == null) {
      throw refused(Status.NOT_FOUND, "IO for process \"" + id + "\" not found");
    }
    return attached;
  }

  private void start(String id, InitMessage init)
      throws SlipwayException, IOException, InterruptedException {
    if (processes.containsKey(id)) {
      throw refused(Status.ALREADY_EXISTS, "Process " + id + " already exists");
    }
    if (processes.size() >= MAX_PROCESSES) {
      throw refused(
          Status.RESOURCE_EXHAUSTED, "more than " + MAX_PROCESSES + " processes of one call");
    }
    Set<Integer> fds = new HashSet<>(init.getFdsList());
    StartProcess process =
        StartProcess.newBuilder()
            .setMeta(init.getMeta())
            .setTerminal(init.getTty())
            .setInput(fds.contains(0))
            .setSecurityValue(init.getSecurityValue())
            .build();
    source
        .build()
        .start(
            init.getContainerID(),
            process,
            init.getSecretenvList(),
            new ToClient(id, fds),
            running -> processes.put(id, new Attached(running, fds)));
  }

  /** The client sends nothing more; its processes go on until they end. */
  @Override
  public void onCompleted() {
    try {
      for (Attached attached : processes.values()) {
        if (attached.fds().contains(0)) {
          attached.process().endInput();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      halfClosed = true;
      completeIfDone();
    }
  }

  @Override
  public void onError(Throwable error) {
    cancelled();
  }

  private synchronized void completeIfDone() {
    if (halfClosed && !over && ended == started) {
      over = true;
      client.onCompleted();
    }
  }

  private int started; // guarded by this, as the next
  private int ended;

  /** Waits until the client reads. */
  private synchronized void send(ExecMessage.Builder message) {
    boolean interrupted = false;
    while (!over && !client.isReady()) {
      try {
        wait();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (!over) {
      client.onNext(message.build());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What one process has to say. */
  private final class ToClient implements ProcessListener {
    private final String id;
    private final Set<Integer> fds;

    ToClient(String id, Set<Integer> fds) {
      this.id = id;
      this.fds = fds;
      synchronized (ExecCall.this) {
        started++;
      }
    }

    private ExecMessage.Builder message() {
      return ExecMessage.newBuilder().setProcessID(id);
    }

    @Override
    public void started() {
      send(message().setStarted(StartedMessage.getDefaultInstance()));
    }

    @Override
    public void output(int stream, byte[] data) {
      if (fds.contains(stream)) {
        send(
            message()
                .setFile(FdMessage.newBuilder().setFd(stream).setData(ByteString.copyFrom(data))));
      }
    }

    @Override
    public void exited(Optional<ProcessFailure> failure) {
      for (int fd : List.of(1, 2)) {
        if (fds.contains(fd)) {
          send(message().setFile(FdMessage.newBuilder().setFd(fd).setEOF(true)));
        }
      }
      ExitMessage.Builder exit = ExitMessage.newBuilder();
      failure.ifPresent(bad -> exit.setCode(bad.exitCode()).setError(ErrorStatus.of(bad)));
      send(message().setExit(exit));
      send(message().setDone(DoneMessage.getDefaultInstance()));
      synchronized (ExecCall.this) {
        ended++;
        completeIfDone();
      }
    }
  }
}
