package dev.slipway.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs processes in containers. @ThreadSafe */
public final class Sandbox {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Short, since names of sockets are. */
  private static final String SCRATCH = "f";

  private static final int CHUNK_SIZE = 32 << 10;

  /**
   * A kill ends every process of the pid namespace at once; longer means a process stuck in the
   * kernel.
   */
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);

  /** The output ends with the last process; longer means a pump that hangs. */
  private static final Duration PUMP_PATIENCE = Duration.ofSeconds(5);

  private final SandboxConfig config;
  private final NetworkPool networks;

  public Sandbox(SandboxConfig config, NetworkPool networks) throws IOException {
    this.config = config;
    this.networks = networks;
    Files.createDirectories(config.directory().resolve("bundles"));
    Files.createDirectories(config.directory().resolve("state"));
    Files.createDirectories(config.directory().resolve(SCRATCH));
  }

  /**
   * Runs the process until it ends. An interrupt kills everything in the container.
   *
   * @param output gets what the process writes, cut at BuildKit's limits
   * @return how the process ended; a command that cannot be executed is exit code 1 with the
   *     runtime's words on stderr
   * @throws SlipwayException NOT_FOUND or INVALID when the spec does not fit the root filesystem;
   *     UNSUPPORTED; INTERNAL when the runtime failed
   */
  public ExecExit run(ExecSpec spec, ExecOutput output)
      throws SlipwayException, InterruptedException {
    try (NetworkPool.Lease network = network(spec.network());
        Bundle bundle = bundle(spec, network, false)) {
      return execute(spec, bundle.directory(), bundle.leftovers(), output);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL, "preparing the container of a step failed: " + describe(e), e);
    }
  }

  /** On tmpfs, for files that processes see and that must not reach a disk. */
  public Path scratch() {
    return config.directory().resolve(SCRATCH);
  }

  /** A container for processes that come one by one; nothing of it runs yet. */
  public Container open(ExecSpec spec) {
    return new Container(this, spec);
  }

  /** What a container reaches. */
  NetworkPool.Lease network(Op.Network wanted) throws SlipwayException, InterruptedException {
    return switch (wanted) {
      case SANDBOX -> networks.lease();
      case HOST -> networks.host();
      case NONE -> networks.none();
    };
  }

  /** Makes the mount points and tells the runtime of the container. */
  Bundle bundle(ExecSpec spec, NetworkPool.Lease network, boolean terminal)
      throws SlipwayException, IOException {
    UserLookup.Ids ids = new UserLookup(spec.root()).find(spec.meta().user());
    Path directory =
        Files.createDirectory(config.directory().resolve("bundles").resolve(spec.id()));
    boolean complete = false;
    MountStubs stubs = MountStubs.make(List.of(), true);
    try {
      stubs = MountStubs.make(points(spec), spec.meta().removeParentsOfStubs());
      makeWorkingDirectory(spec, ids);
      BundleSpec.EtcFiles etc =
          new BundleSpec.EtcFiles(directory.resolve("hosts"), directory.resolve("resolv.conf"));
      Files.writeString(etc.hosts(), BundleSpec.hosts(spec.meta()));
      Files.writeString(etc.resolvConf(), network.resolvConf());
      ExecSpec bounded = RlimitBounds.clamp(spec);
      ObjectNode container = BundleSpec.of(bounded, ids, network.net(), etc, config.processes());
      ((ObjectNode) container.get("process")).put("terminal", terminal);
      Optional<Leftovers> leftovers =
          switch (config.processes()) {
            case OWN -> Optional.empty();
            case SHARED -> Optional.of(new Leftovers(directory, pidFile(directory)));
          };
      leftovers.ifPresent(left -> left.watch(container));
      Files.write(directory.resolve("config.json"), JSON.writeValueAsBytes(container));
      complete = true;
      return new Bundle(directory, stubs, leftovers);
    } finally {
      if (!complete) {
        stubs.close();
        Bundle.delete(directory);
      }
    }
  }

  /** One that is missing becomes part of the result, and belongs to who runs there. */
  private static void makeWorkingDirectory(ExecSpec spec, UserLookup.Ids ids)
      throws SlipwayException {
    String wanted = spec.meta().workingDirectory();
    try {
      RootPath.Target target = RootPath.follow(spec.root(), wanted);
      Path current = target.existing();
      while (!target.missing().isEmpty()) {
        current = Files.createDirectory(current.resolve(target.missing().pop()));
        Files.setPosixFilePermissions(current, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setAttribute(current, "unix:uid", ids.uid());
        Files.setAttribute(current, "unix:gid", ids.gid());
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "failed to create working directory " + wanted + ": " + describe(e),
          e);
    }
  }

  /** A process that joins a container, as the runtime reads it. */
  byte[] process(ExecSpec spec, boolean terminal) throws SlipwayException, IOException {
    UserLookup.Ids ids = new UserLookup(spec.root()).find(spec.meta().user());
    ObjectNode process = BundleSpec.process(RlimitBounds.clamp(spec), ids);
    return JSON.writeValueAsBytes(process.put("terminal", terminal));
  }

  static void endWithTheFirst(Leftovers leftovers, Process runtime) {
    try {
      leftovers.endWithTheFirst(runtime);
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("what a step left running was not looked for");
    } catch (InterruptedException _) {
      LOG.trace("the runtime has ended");
    }
  }

  private static Path pidFile(Path bundle) {
    return bundle.resolve("pid");
  }

  /** Also while the caller is told to stop. */
  static void end(Leftovers leftovers) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      leftovers.end();
    } catch (InterruptedException _) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private ExecExit execute(
      ExecSpec spec, Path bundle, Optional<Leftovers> leftovers, ExecOutput output)
      throws IOException, SlipwayException, InterruptedException {
    LogLimiter limiter = new LogLimiter(output, InstantSource.system());
    Process runtime = start(spec.id(), bundle);
    List<Thread> pumps =
        List.of(
            pump(runtime.getInputStream(), ExecOutput.STDOUT, limiter),
            pump(runtime.getErrorStream(), ExecOutput.STDERR, limiter));
    boolean ended = false;
    Thread undertaker =
        Thread.ofVirtual()
            .name("leftovers-" + spec.id())
            .start(() -> leftovers.ifPresent(left -> endWithTheFirst(left, runtime)));
    try {
      if (spec.timeout().isPresent()) {
        ended = runtime.waitFor(spec.timeout().get().toMillis(), TimeUnit.MILLISECONDS);
      } else {
        runtime.waitFor();
        ended = true;
      }
    } finally {
      if (!ended) {
        kill(spec.id(), bundle, runtime);
      }
      undertaker.interrupt();
      // They hold the pipes that the pumps read.
      if (leftovers.isPresent()) {
        end(leftovers.get());
      }
    }
    for (Thread pump : pumps) {
      pump.join(PUMP_PATIENCE);
    }
    if (!ended) {
      limiter.flushTails();
      return new ExecExit.TimedOut();
    }
    int code = runtime.exitValue();
    if (code != 0) {
      limiter.flushTails();
      throwIfRuntimeFailed(bundle);
    }
    return new ExecExit.Exited(code);
  }

  private Process start(String id, Path bundle) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                command(
                    bundle.resolve("log"),
                    "run",
                    "--bundle",
                    bundle.toString(),
                    "--pid-file",
                    pidFile(bundle).toString(),
                    id))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment());
    return builder.start();
  }

  /** The runtime's command line. @param log where it writes what it has to say itself */
  List<String> command(Path log, String... what) {
    List<String> command =
        new ArrayList<>(
            List.of(
                config.runtime(),
                "--root",
                config.directory().resolve("state").toString(),
                "--log",
                log.toString(),
                "--log-format",
                "json"));
    command.addAll(List.of(what));
    return command;
  }

  /** The runtime's own environment. */
  Map<String, String> environment() {
    String path = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    return Map.of("PATH", path, "XDG_RUNTIME_DIR", config.directory().toString());
  }

  /**
   * A thread of its own, and no virtual one: reading a pipe holds the carrier. The JDK makes up for
   * it most of the time only, and two quiet pipes would stop all virtual threads of two cores.
   */
  private static Thread pump(InputStream in, int stream, LogLimiter output) {
    return Thread.ofPlatform()
        .daemon()
        .name("sandbox-output")
        .start(() -> {
          byte[] buffer = new byte[CHUNK_SIZE];
          try (in) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
              output.write(stream, Arrays.copyOf(buffer, count));
            }
          } catch (IOException e) {
            LOG.atDebug().setCause(e).log("output of a step ended early");
          }
        });
  }

  /**
   * Kills the container's first process, with which the kernel ends all others of its pid
   * namespace, and waits for the runtime.
   */
  void kill(String id, Path bundle, Process runtime) {
    boolean interrupted = Thread.interrupted();
    try {
      killFirstProcess(bundle);
      if (!runtime.waitFor(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        runtime.destroyForcibly();
        runtime.waitFor(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
      if (Files.exists(config.directory().resolve("state").resolve(id))) {
        Process delete =
            new ProcessBuilder(
                    config.runtime(),
                    "--root",
                    config.directory().resolve("state").toString(),
                    "delete",
                    "--force",
                    id)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!delete.waitFor(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          delete.destroyForcibly();
          LOG.atWarn().addKeyValue("container", id).log("a killed container could not be deleted");
        }
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("container", id).setCause(e).log("killing a container failed");
    } catch (InterruptedException _) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void killFirstProcess(Path bundle) throws IOException {
    Path pidFile = pidFile(bundle);
    String pid = Files.exists(pidFile) ? Files.readString(pidFile).trim() : "";
    Optional<ProcessHandle> first =
        pid.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(pid));
    first.ifPresent(ProcessHandle::destroyForcibly);
  }

  /**
   * A process that ended with an error leaves no word in the runtime's log; a runtime that could
   * not start it does.
   */
  static void throwIfRuntimeFailed(Path bundle) throws IOException, SlipwayException {
    Path log = bundle.resolve("log");
    if (!Files.exists(log)) {
      return;
    }
    for (String line : Files.readAllLines(log)) {
      String message;
      try {
        JsonNode entry = JSON.readTree(line);
        if (!entry.path("level").asText().equals("error")) {
          continue;
        }
        message = entry.path("msg").asText();
      } catch (JsonProcessingException _) {
        message = line;
      }
      if (!isCommandsFault(message)) {
        throw new SlipwayException(ErrorKind.INTERNAL, "the container runtime failed: " + message);
      }
    }
  }

  /**
   * Command not there, not executable, or no such working directory: the user's, told by exit code
   * and stderr like any failure.
   */
  private static boolean isCommandsFault(String message) {
    return message.contains("exec: \"")
        || message.contains("exec /")
        || message.contains("chdir to cwd")
        || message.contains("mkdir cwd");
  }

  /**
   * Mount points that may have to be made, outer ones first. Those below another mount lie in that
   * mount's source, and are left to the runtime where others might swap them for links meanwhile:
   * it makes them from inside the container. /proc, /sys and /dev are left to the runtime, and to
   * the layer: BuildKit's layers have them too.
   */
  private static List<MountStubs.Point> points(ExecSpec spec) {
    List<MountStubs.Point> points = new ArrayList<>();
    points.add(new MountStubs.Point(spec.root(), "/etc/hosts", false));
    points.add(new MountStubs.Point(spec.root(), "/etc/resolv.conf", false));
    List<SandboxMount> mounts = spec.mounts();
    for (int i = 0; i < mounts.size(); i++) {
      SandboxMount mount = mounts.get(i);
      boolean directory =
          switch (mount) {
            case SandboxMount.Bind bind -> Files.isDirectory(bind.source());
            case SandboxMount.Tmpfs _ -> true;
            case SandboxMount.Secret _, SandboxMount.Socket _ -> false;
          };
      Optional<SandboxMount> parent =
          mounts.subList(0, i).stream()
              .filter(other -> mount.destination().startsWith(other.destination() + "/"))
              .max(Comparator.comparingInt(other -> other.destination().length()));
      if (parent.isEmpty()) {
        points.add(new MountStubs.Point(spec.root(), mount.destination(), directory));
      } else if (parent.get()
              instanceof SandboxMount.Bind(Path source, String destination, _, boolean shared)
          && !shared) {
        points.add(
            new MountStubs.Point(
                source, mount.destination().substring(destination.length()), directory));
      }
    }
    points.removeIf(point ->
        point.path().startsWith("/dev/")
            || point.path().startsWith("/proc/")
            || point.path().startsWith("/sys/"));
    return points;
  }

  private static String describe(IOException e) {
    return e.getClass().getSimpleName() + " " + e.getMessage();
  }
}
