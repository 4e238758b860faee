package dev.slipway.container;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.ContainerLink;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ProcessInput;
import dev.slipway.protocol.worker.ResizeTerminal;
import dev.slipway.protocol.worker.SignalProcess;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** A process of a container. What is sent to one that has ended is dropped. @ThreadSafe */
public final class RunningProcess {
  /** Inputs that the worker keeps for a process that does not read. */
  private static final int INPUTS_AHEAD = 16;

  private static final int LONGEST_INPUT = 32 << 10;

  private final String id;
  private final ContainerLink link;
  private final ProcessListener listener;
  private final Semaphore room = new Semaphore(INPUTS_AHEAD);
  private boolean started; // guarded by this, as ended
  private boolean ended;

  RunningProcess(String id, ContainerLink link, ProcessListener listener) {
    this.id = id;
    this.link = link;
    this.listener = listener;
  }

  String id() {
    return id;
  }

  /** Gives it something to read; blocks while it does not read. */
  public void write(byte[] data) throws InterruptedException {
    for (int at = 0; at < data.length; at += LONGEST_INPUT) {
      int length = Math.min(LONGEST_INPUT, data.length - at);
      input(ProcessInput.newBuilder().setData(ByteString.copyFrom(data, at, length)));
    }
  }

  /** Nothing more comes. */
  public void endInput() throws InterruptedException {
    input(ProcessInput.newBuilder().setEnd(true));
  }

  private void input(ProcessInput.Builder input) throws InterruptedException {
    room.acquire();
    send(ContainerCommand.newBuilder().setInput(input.setProcessId(id)));
  }

  /** The worker has room again. */
  void taken(int messages) {
    room.release(Math.clamp(messages, 0, INPUTS_AHEAD));
  }

  public void resize(int rows, int columns) throws InterruptedException {
    send(
        ContainerCommand.newBuilder()
            .setResize(
                ResizeTerminal.newBuilder().setProcessId(id).setRows(rows).setColumns(columns)));
  }

  /**
   * @param number of the signal, on Linux
   */
  public void signal(int number) throws InterruptedException {
    send(
        ContainerCommand.newBuilder()
            .setSignal(SignalProcess.newBuilder().setProcessId(id).setSignal(number)));
  }

  private void send(ContainerCommand.Builder command) throws InterruptedException {
    if (hasEnded()) {
      return;
    }
    try {
      link.send(command.build());
    } catch (SlipwayException _) {
      // The container is over, and the process's end is on its way.
      room.release();
    }
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  void started() {
    synchronized (this) {
      if (started || ended) {
        return;
      }
      started = true;
    }
    listener.started();
  }

  void output(int stream, byte[] data) {
    listener.output(stream, data);
  }

  /** Its end; the first counts. */
  void exited(Optional<ProcessFailure> failure) {
    started(); // one that never ran is told as one that ended at once
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    room.release(INPUTS_AHEAD * INPUTS_AHEAD); // nobody who writes shall wait any more
    listener.exited(failure);
  }
}
