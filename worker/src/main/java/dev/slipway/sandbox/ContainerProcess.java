package dev.slipway.sandbox;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Processes;
import dev.slipway.linux.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process in a {@link Container}, by way of the runtime that waits for it. One thread writes, one
 * waits; the rest is for any. @ThreadSafe
 */
public final class ContainerProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerProcess.class);

  private static final int CHUNK_SIZE = 32 << 10;
  private static final int SIGWINCH = 28;

  /** The runtime writes the file once the process runs; longer means that it hangs. */
  private static final Duration START_PATIENCE = Duration.ofSeconds(30);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(2);

  /** Runs the program that follows with the terminal as its streams; never its controlling one. */
  private static final String ON_TERMINAL = "tty=$1; shift; exec \"$@\" <>\"$tty\" >&0 2>&0";

  private final Process runtime;
  private final Optional<Terminal> terminal;
  private final Path pidFile;
  private final boolean input;
  private final List<Thread> pumps = new ArrayList<>(); // of the starter

  private ContainerProcess(
      Process runtime, Optional<Terminal> terminal, Path pidFile, boolean input) {
    this.runtime = runtime;
    this.terminal = terminal;
    this.pidFile = pidFile;
    this.input = input;
  }

  /**
   * Starts the runtime.
   *
   * @param command of the runtime
   * @param environment of the runtime
   * @param pidFile where the runtime writes the process's id
   * @param output gets what the process writes, from two threads, and may hold them up
   */
  static ContainerProcess start(
      List<String> command,
      java.util.Map<String, String> environment,
      Path pidFile,
      ProcessSpec spec,
      ExecOutput output)
      throws IOException {
    Optional<Terminal> terminal = spec.terminal() ? Optional.of(Terminal.open()) : Optional.empty();
    try {
      List<String> whole = new ArrayList<>();
      terminal.ifPresent(tty ->
          whole.addAll(List.of("/bin/sh", "-c", ON_TERMINAL, "sh", tty.program().toString())));
      whole.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(whole);
      if (terminal.isPresent() || !spec.input()) {
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      }
      if (terminal.isPresent()) {
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
      }
      builder.environment().clear();
      builder.environment().putAll(environment);
      ContainerProcess process =
          new ContainerProcess(builder.start(), terminal, pidFile, spec.input());
      process.pump(output);
      return process;
    } catch (IOException | RuntimeException e) {
      terminal.ifPresent(Terminal::close);
      throw e;
    }
  }

  /** Threads of their own: reading a pipe or a terminal holds the carrier of a virtual one. */
  private void pump(ExecOutput output) {
    if (terminal.isPresent()) {
      pumps.add(thread(() -> pump(terminal.get(), output)));
    } else {
      pumps.add(thread(() -> pump(runtime.getInputStream(), ExecOutput.STDOUT, output)));
      pumps.add(thread(() -> pump(runtime.getErrorStream(), ExecOutput.STDERR, output)));
    }
  }

  private static Thread thread(Runnable body) {
    return Thread.ofPlatform().daemon().name("container-output").start(body);
  }

  private static void pump(Terminal terminal, ExecOutput output) {
    try {
      for (byte[] part = terminal.read(CHUNK_SIZE);
          part.length > 0;
          part = terminal.read(CHUNK_SIZE)) {
        output.write(ExecOutput.STDOUT, part);
      }
    } catch (LinuxException e) {
      LOG.atDebug().setCause(e).log("terminal of a container ended early");
    }
  }

  private static void pump(InputStream in, int stream, ExecOutput output) {
    byte[] buffer = new byte[CHUNK_SIZE];
    try (in) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        output.write(stream, Arrays.copyOf(buffer, count));
      }
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("output of a container ended early");
    }
  }

  boolean isAlive() {
    return runtime.isAlive();
  }

  Process runtime() {
    return runtime;
  }

  /** Returns when the process runs, or never will. */
  void awaitStart() throws InterruptedException, SlipwayException {
    long deadline = System.nanoTime() + START_PATIENCE.toNanos();
    while (runtime.isAlive() && pid().isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new SlipwayException(
            ErrorKind.INTERNAL,
            "the container runtime did not start a process in "
                + START_PATIENCE.toSeconds()
                + " s");
      }
      runtime.waitFor(BETWEEN_LOOKS);
    }
  }

  private Optional<Integer> pid() {
    try {
      String pid = Files.exists(pidFile) ? Files.readString(pidFile).strip() : "";
      return pid.isEmpty() ? Optional.empty() : Optional.of(Integer.parseInt(pid));
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("id of a container's process not read");
      return Optional.empty();
    }
  }

  /**
   * Gives the process something to read; blocks while it does not read. Returns whether it may take
   * more.
   */
  public boolean write(byte[] data) {
    if (!input) {
      return false;
    }
    try {
      if (terminal.isPresent()) {
        terminal.get().write(data);
      } else {
        OutputStream to = runtime.getOutputStream();
        to.write(data);
        to.flush();
      }
      return true;
    } catch (LinuxException e) {
      LOG.atTrace().setCause(e).log("a terminal was closed");
      return false;
    } catch (IOException e) {
      LOG.atTrace().setCause(e).log("a process does not read any more");
      return false;
    }
  }

  /** Nothing more comes. A terminal has no such end: who types says so with a key. */
  public void endInput() {
    if (input && terminal.isEmpty()) {
      try {
        runtime.getOutputStream().close();
      } catch (IOException e) {
        LOG.atTrace().setCause(e).log("a process does not read any more");
      }
    }
  }

  /** Sets the size of its terminal, if it has one. */
  public void resize(int rows, int columns) throws LinuxException {
    if (terminal.isPresent() && runtime.isAlive()) {
      terminal.get().resize(rows, columns);
      // The runtime, which the terminal does not control, passes it on to the container's own.
      send((int) runtime.pid(), SIGWINCH);
    }
  }

  /** Sends the signal, unless it has ended. */
  public void signal(int number) throws InterruptedException, SlipwayException, LinuxException {
    awaitStart();
    Optional<Integer> pid = pid();
    if (pid.isPresent() && runtime.isAlive()) {
      send(pid.get(), number);
    }
  }

  private static void send(int pid, int signal) throws LinuxException {
    try {
      Processes.kill(pid, signal);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }

  /** Waits for its end; returns its exit code once all that it wrote was passed on. */
  int await() throws InterruptedException {
    int code = runtime.waitFor();
    endInput();
    terminal.ifPresent(Terminal::hangUp);
    for (Thread pump : pumps) {
      pump.join();
    }
    return code;
  }

  /** After its end and that of whoever writes to it. */
  public void release() {
    terminal.ifPresent(Terminal::close);
  }
}
