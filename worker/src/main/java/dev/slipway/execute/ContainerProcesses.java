package dev.slipway.execute;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.LinuxException;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.ops.SecurityMode;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.InputTaken;
import dev.slipway.protocol.worker.ProcessExited;
import dev.slipway.protocol.worker.ProcessInput;
import dev.slipway.protocol.worker.ProcessOutput;
import dev.slipway.protocol.worker.ProcessStarted;
import dev.slipway.protocol.worker.ResizeTerminal;
import dev.slipway.protocol.worker.SignalProcess;
import dev.slipway.protocol.worker.StartProcess;
import dev.slipway.sandbox.Container;
import dev.slipway.sandbox.ContainerProcess;
import dev.slipway.sandbox.ProcessSpec;
import dev.slipway.sandbox.SecretVariable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of one container, by the ids that its frontend gave them. Commands are for one
 * thread, the container's; closing ends all and returns when their last words are said.
 */
final class ContainerProcesses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerProcesses.class);

  /** Inputs that wait for a process to read them, as the protocol allows. */
  private static final int MAX_INPUTS = 16;

  /** Exit code of what never ran, as BuildKit has it. */
  private static final int UNKNOWN = 255;

  /** Last words are said by then, or nobody reads them. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final Container container;
  private final ContainerLine line;
  private final Map<String, Running> processes = new ConcurrentHashMap<>();
  private final List<Thread> waiters = new ArrayList<>(); // of the container's thread

  /** A process and what it has not read yet. */
  private record Running(ContainerProcess process, BlockingQueue<ProcessInput> inputs) {}

  ContainerProcesses(Container container, ContainerLine line) {
    this.container = container;
    this.line = line;
  }

  void start(StartProcess wanted) throws InterruptedException {
    String id = wanted.getProcessId();
    CountDownLatch announced = new CountDownLatch(1);
    try {
      ContainerProcess process =
          container.start(
              new ProcessSpec(
                  LlbCodec.readMeta(wanted.getMeta()),
                  wanted.getTerminal(),
                  wanted.getInput(),
                  wanted.getSecurity() == SecurityMode.INSECURE,
                  secrets(wanted)),
              (stream, data) -> output(id, stream, data, announced));
      Running running = new Running(process, new ArrayBlockingQueue<>(MAX_INPUTS));
      processes.put(id, running);
      line.send(
          ContainerReport.newBuilder()
              .setStarted(ProcessStarted.newBuilder().setProcessId(id))
              .build());
      waiters.removeIf(thread -> !thread.isAlive());
      waiters.add(Thread.ofVirtual().name("container-wait-" + id).start(() -> await(id, running)));
    } catch (SlipwayException e) {
      exited(ProcessExited.newBuilder().setCode(UNKNOWN).setError(e.getMessage()), id);
    } finally {
      announced.countDown();
    }
  }

  private static List<SecretVariable> secrets(StartProcess wanted) {
    return wanted.getSecretEnvironmentList().stream()
        .map(secret -> new SecretVariable(secret.getName(), secret.getValue()))
        .toList();
  }

  private void output(String id, int stream, byte[] data, CountDownLatch announced) {
    try {
      announced.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    }
    line.send(
        ContainerReport.newBuilder()
            .setOutput(
                ProcessOutput.newBuilder()
                    .setProcessId(id)
                    .setStream(stream)
                    .setData(ByteString.copyFrom(data)))
            .build());
  }

  private void await(String id, Running running) {
    // Writing to a process that does not read holds a thread, and no virtual one may be held.
    Thread typist =
        Thread.ofPlatform().daemon().name("container-input").start(() -> feed(id, running));
    ProcessExited.Builder exited = ProcessExited.newBuilder();
    try {
      exited.setCode(container.await(running.process()));
    } catch (SlipwayException e) {
      exited.setCode(UNKNOWN).setError(e.getMessage());
    } catch (InterruptedException _) {
      exited.setCode(UNKNOWN).setError("the container's end was not awaited");
      Thread.currentThread().interrupt();
    }
    processes.remove(id);
    typist.interrupt();
    join(typist);
    running.process().release();
    exited(exited, id);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void exited(ProcessExited.Builder exited, String id) {
    line.send(ContainerReport.newBuilder().setExited(exited.setProcessId(id)).build());
  }

  /** Until the process has ended, or nothing more comes. */
  private void feed(String id, Running running) {
    try {
      boolean reads = true;
      while (true) {
        ProcessInput input = running.inputs().take();
        if (reads && !input.getData().isEmpty()) {
          reads = running.process().write(input.getData().toByteArray());
        }
        if (input.getEnd()) {
          running.process().endInput();
          reads = false;
        }
        line.send(
            ContainerReport.newBuilder()
                .setTaken(InputTaken.newBuilder().setProcessId(id).setMessages(1))
                .build());
      }
    } catch (InterruptedException _) {
      LOG.trace("a process has ended");
    }
  }

  void input(ProcessInput input) throws SlipwayException {
    Running running = processes.get(input.getProcessId());
    if (running != null && !running.inputs().offer(input)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "more input than process " + input.getProcessId() + " has room for");
    }
  }

  void resize(ResizeTerminal size) {
    Running running = processes.get(size.getProcessId());
    if (running == null) {
      return;
    }
    try {
      running.process().resize(size.getRows(), size.getColumns());
    } catch (LinuxException e) {
      LOG.atDebug().setCause(e).log("terminal of a container not resized");
    }
  }

  void signal(SignalProcess signal) throws InterruptedException {
    Running running = processes.get(signal.getProcessId());
    if (running == null) {
      return;
    }
    try {
      running.process().signal(signal.getSignal());
    } catch (SlipwayException | LinuxException e) {
      LOG.atWarn()
          .addKeyValue("signal", signal.getSignal())
          .setCause(e)
          .log("process of a container not signalled");
    }
  }

  @Override
  public void close() {
    container.close();
    long deadline = System.nanoTime() + LAST_WORDS.toNanos();
    boolean interrupted = Thread.interrupted();
    for (Thread waiter : waiters) {
      try {
        Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        if (!waiter.join(left)) {
          line.drop(); // whoever wanted to know has gone
          waiter.join();
        }
      } catch (InterruptedException _) {
        line.drop();
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
