package dev.slipway.sandbox;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.ExecMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container in which processes come and go. The first one is its init: with it end all others.
 * Nothing of it is there before the first process, and nothing after {@link #close}. {@code this}
 * guards the state. @ThreadSafe
 */
public final class Container implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Container.class);

  /** Processes that run at once; a person has a few, a test suite some tens. */
  private static final int MAX_PROCESSES = 64;

  /** A killed process is gone at once; longer means one that is stuck in the kernel. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Sandbox sandbox;
  private final ExecSpec spec;
  private final List<ContainerProcess> running = new ArrayList<>();
  private NetworkPool.@Nullable Lease network;
  private @Nullable Bundle bundle;
  private @Nullable ContainerProcess first;
  private int started;
  private boolean closed;

  Container(Sandbox sandbox, ExecSpec spec) {
    this.sandbox = sandbox;
    this.spec = spec;
  }

  /**
   * Starts a process and returns once it runs, or never will: {@link #await} tells. The first
   * starts the container.
   *
   * @param output gets what it writes, from two threads, and may hold them up
   * @throws SlipwayException CONFLICT when the container has ended; EXHAUSTED when too much runs in
   *     it; NOT_FOUND or INVALID when the process does not fit the root filesystem
   */
  public synchronized ContainerProcess start(ProcessSpec process, ExecOutput output)
      throws SlipwayException, InterruptedException {
    if (closed || first != null && !first.isAlive()) {
      throw new SlipwayException(ErrorKind.CONFLICT, "container " + spec.id() + " has stopped");
    }
    if (running.size() >= MAX_PROCESSES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "container " + spec.id() + " runs " + MAX_PROCESSES + " processes already");
    }
    try {
      ContainerProcess made = first == null ? init(process, output) : join(process, output);
      running.add(made);
      made.awaitStart();
      return made;
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL, "starting a process of a container failed: " + e.getMessage(), e);
    }
  }

  private ContainerProcess init(ProcessSpec process, ExecOutput output)
      throws SlipwayException, InterruptedException, IOException {
    NetworkPool.Lease lease = sandbox.network(spec.network());
    network = lease;
    Bundle made = sandbox.bundle(with(process), lease, process.terminal());
    bundle = made;
    first =
        ContainerProcess.start(
            sandbox.command(
                made.log(),
                "run",
                "--bundle",
                made.directory().toString(),
                "--pid-file",
                made.pidFile().toString(),
                spec.id()),
            sandbox.environment(),
            made.pidFile(),
            process,
            output);
    ContainerProcess init = first;
    made.leftovers()
        .ifPresent(left ->
            Thread.ofVirtual()
                .name("leftovers-" + spec.id())
                .start(() -> Sandbox.endWithTheFirst(left, init.runtime())));
    return init;
  }

  private ContainerProcess join(ProcessSpec process, ExecOutput output)
      throws SlipwayException, IOException {
    Path directory = bundle.directory();
    int number = ++started;
    Path description = directory.resolve("process-" + number + ".json");
    Path pidFile = directory.resolve("pid-" + number);
    Files.write(description, sandbox.process(with(process), process.terminal()));
    try {
      return ContainerProcess.start(
          sandbox.command(
              directory.resolve("log-" + number),
              "exec",
              "--process",
              description.toString(),
              "--pid-file",
              pidFile.toString(),
              spec.id()),
          sandbox.environment(),
          pidFile,
          process,
          output);
    } catch (IOException e) {
      Files.deleteIfExists(description);
      throw e;
    }
  }

  /** The container with another process in it. Host name and hosts are the container's. */
  private ExecSpec with(ProcessSpec process) {
    ExecMeta meta = process.meta();
    ExecMeta here =
        new ExecMeta(
            meta.arguments(),
            meta.environment(),
            meta.workingDirectory(),
            meta.user(),
            spec.meta().hostname(),
            spec.meta().extraHosts(),
            meta.ulimits(),
            meta.proxyEnvironment(),
            meta.validExitCodes(),
            meta.cgroupParent(),
            meta.removeParentsOfStubs());
    return new ExecSpec(
        spec.id(),
        spec.root(),
        spec.readOnlyRoot(),
        here,
        spec.mounts(),
        spec.network(),
        Optional.empty(),
        process.insecure(),
        process.secrets());
  }

  /**
   * Waits for the end of a process; returns its exit code once all that it wrote was passed on.
   *
   * @throws SlipwayException INTERNAL when the runtime failed in its stead
   */
  public int await(ContainerProcess process) throws SlipwayException, InterruptedException {
    int code = process.await();
    boolean init;
    synchronized (this) {
      running.remove(process);
      init = process == first;
    }
    if (init && code != 0) {
      try {
        Sandbox.throwIfRuntimeFailed(bundle.directory());
      } catch (IOException e) {
        LOG.atWarn().setCause(e).log("the runtime's log of a container was not read");
      }
    }
    return code;
  }

  /** Whether the first process has been started and has ended. */
  public synchronized boolean hasEnded() {
    return first != null && !first.isAlive();
  }

  /** Kills all that runs and takes everything away; waits for it also while it is interrupted. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean interrupted = Thread.interrupted();
    try {
      if (first != null) {
        if (first.isAlive()) {
          sandbox.kill(spec.id(), bundle.directory(), first.runtime());
        }
        endOthers();
        if (bundle.leftovers().isPresent()) {
          Sandbox.end(bundle.leftovers().get());
        }
      }
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("what a container left running was not looked for");
    } finally {
      if (bundle != null) {
        bundle.close();
      }
      if (network != null) {
        network.close();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The kernel has killed them with the first; their runtimes see it at once. */
  private void endOthers() {
    for (ContainerProcess process : List.copyOf(running)) {
      try {
        if (!process.runtime().waitFor(PATIENCE)) {
          process.runtime().destroyForcibly();
        }
      } catch (InterruptedException _) {
        process.runtime().destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
