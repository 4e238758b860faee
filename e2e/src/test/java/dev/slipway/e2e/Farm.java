package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A farm of real processes in a folder of its own, started with {@code slipway up}. */
final class Farm implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(3);
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final Path root;
  private final Buildx buildx;

  private Farm(Path root) {
    this.root = root;
    this.buildx = new Buildx(endpoint(root));
  }

  /** Starts one that pulls from the shared registry. */
  static Farm start(int workers) {
    return start(workers, LocalRegistry.shared().mirrorConfig());
  }

  /** Starts one with that configuration (buildkitd.toml). */
  static Farm start(int workers, String config) {
    return start(1, workers, config);
  }

  /** Starts one with several coordinators, whose processes are called coordinator-1, -2 … */
  static Farm start(int coordinators, int workers, String config) {
    return start(coordinators, workers, config, _ -> {});
  }

  /**
   * The same.
   *
   * @param prepare gets the farm's folder before anything is in it
   */
  static Farm start(int coordinators, int workers, String config, Consumer<Path> prepare) {
    Path root = Workplace.folder("farm");
    prepare.accept(root);
    Path file = Workplace.folder("config").resolve("slipway.toml");
    try {
      Files.writeString(file, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return up(root, coordinators, workers, file);
  }

  /**
   * Starts one whose clients need a certificate, and whose processes show each other theirs.
   *
   * @param certificates as {@code slipway certs init} made it
   * @param inner as {@code slipway certs farm} made it
   */
  static Farm startWithTls(int coordinators, int workers, Path certificates, Path inner) {
    Path config = Workplace.folder("config").resolve("slipway.toml");
    try {
      Files.writeString(config, LocalRegistry.shared().mirrorConfig());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return up(
        Workplace.folder("farm"),
        coordinators,
        workers,
        config,
        "--tls",
        certificates.toString(),
        "--farm-tls",
        inner.toString());
  }

  /**
   * Starts one whose clients need a certificate.
   *
   * @param certificates as {@code slipway certs init} made it
   */
  static Farm startWithClientTls(int workers, Path certificates, String config) {
    Path file = Workplace.folder("config").resolve("slipway.toml");
    try {
      Files.writeString(file, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return up(Workplace.folder("farm"), 1, workers, file, "--tls", certificates.toString());
  }

  /**
   * Starts one whose processes show each other certificates.
   *
   * @param inner as {@code slipway certs farm} made it
   */
  static Farm startWithFarmTls(int coordinators, int workers, String config, Path inner) {
    Path file = Workplace.folder("config").resolve("slipway.toml");
    try {
      Files.writeString(file, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return up(
        Workplace.folder("farm"), coordinators, workers, file, "--farm-tls", inner.toString());
  }

  /** Runs {@code slipway worker …} for this farm. */
  Command.Result worker(String... arguments) {
    List<String> words =
        new java.util.ArrayList<>(List.of(Workplace.slipway(), "worker", arguments[0]));
    words.addAll(List.of(arguments).subList(1, arguments.length));
    words.addAll(List.of("--root", root.toString()));
    return Command.run(START, words);
  }

  /** {@code host:port} of that worker's server for its peers. */
  String peersAddress(int worker) {
    return firstLine(root.resolve("worker-" + worker + "/run/peers.address"));
  }

  /** Ends this farm and starts it again in the same folder with workers that have nothing. */
  Farm restartedWithEmptyWorkers(int workers, String config) {
    close();
    Path file = Workplace.folder("config").resolve("slipway.toml");
    try (Stream<Path> folders = Files.list(root)) {
      List<String> remove =
          folders
              .filter(folder -> folder.getFileName().toString().startsWith("worker-"))
              .map(Path::toString)
              .toList();
      List<String> command = new java.util.ArrayList<>(List.of("rm", "-rf"));
      if (!Workplace.root()) {
        command.addFirst("rootlesskit");
      }
      command.addAll(remove);
      Command.run(Duration.ofMinutes(1), command).orThrow();
      Files.writeString(file, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return up(root, 1, workers, file);
  }

  private static Farm up(Path root, int coordinators, int workers, Path config, String... more) {
    List<String> words =
        new java.util.ArrayList<>(
            List.of(
                Workplace.slipway(),
                "up",
                "-d",
                "--root",
                root.toString(),
                "--coordinators",
                Integer.toString(coordinators),
                "--workers",
                Integer.toString(workers),
                "--slots",
                "4",
                "--addr",
                "tcp://127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                "--config",
                config.toString()));
    words.addAll(List.of(more));
    Command.run(START, words).orThrow();
    return new Farm(root);
  }

  private static String endpoint(Path root) {
    return firstLine(root.resolve("run/grpc.address"));
  }

  private static String firstLine(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.findFirst().orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path root() {
    return root;
  }

  /** {@code tcp://host:port}. */
  String endpoint() {
    return endpoint(root);
  }

  Buildx buildx() {
    return buildx;
  }

  /** {@code tcp://host:port} of one of several coordinators, from 1. */
  String endpoint(int coordinator) {
    return endpoint(root.resolve("coordinator-" + coordinator));
  }

  /** What one of several coordinators answers under that path; empty when it does not. */
  Optional<String> http(int coordinator, String path) {
    Path address = root.resolve("coordinator-" + coordinator + "/run/http.address");
    try {
      return Optional.of(get("http://" + firstLine(address) + path));
    } catch (AssertionError e) {
      return Optional.empty();
    }
  }

  /** Sends one of several coordinators a signal: {@code KILL}, {@code STOP}, {@code CONT}. */
  void signalCoordinator(int number, String name) {
    signal(
        process("coordinator-" + number)
            .orElseThrow(() -> new AssertionError("coordinator " + number + " does not run")),
        name);
  }

  /** What the coordinator answers under that path of its HTTP address. */
  String http(String path) {
    Path own = root.resolve("run/own-token");
    return get(
        "http://" + firstLine(root.resolve("run/http.address")) + path,
        Files.exists(own) ? Map.of("Authorization", "Bearer " + firstLine(own)) : Map.of());
  }

  /** What the coordinator answers to whoever shows that token; empty = none. */
  String httpAs(String token, String path) {
    return get(
        "http://" + firstLine(root.resolve("run/http.address")) + path,
        token.isEmpty() ? Map.of() : Map.of("Authorization", "Bearer " + token));
  }

  /** Id of the build that began last. */
  String newestBuild() {
    Matcher id = Pattern.compile("\"id\":\"([^\"]+)\"").matcher(http("/api/v1/builds"));
    if (!id.find()) {
      throw new AssertionError("there is no build");
    }
    return id.group(1);
  }

  /** What a worker answers. */
  String workerHttp(int worker, String path) {
    return get(
        "http://" + firstLine(root.resolve("worker-" + worker + "/run/http.address")) + path);
  }

  private static String get(String uri) {
    return get(uri, Map.of());
  }

  private static String get(String uri, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10));
    headers.forEach(request::header);
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new AssertionError(uri, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Ends a worker as a power cut would: without a word to anybody. */
  void killWorker(int number) {
    process("worker-" + number)
        .orElseThrow(() -> new AssertionError("worker " + number + " does not run"))
        .destroyForcibly();
  }

  /** When that worker's process was started, to a hundredth of a second. */
  Instant workerStarted(int number) {
    return process("worker-" + number).flatMap(each -> each.info().startInstant()).orElseThrow();
  }

  /** Stops a worker's process where it is, as a hung machine would, until {@link #resumeWorker}. */
  void suspendWorker(int number) {
    signal(java(number), "STOP");
  }

  void resumeWorker(int number) {
    signal(java(number), "CONT");
  }

  private static void signal(ProcessHandle process, String signal) {
    Command.run(Duration.ofSeconds(5), List.of("kill", "-" + signal, Long.toString(process.pid())))
        .orThrow();
  }

  /** A gauge or counter of a worker; 0 when it does not answer or has none of that name yet. */
  double workerMetric(int worker, String name) {
    try {
      return workerHttp(worker, "/metrics")
          .lines()
          .map(line -> line.replace(",}", "}"))
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElse(0);
    } catch (AssertionError e) {
      return 0;
    }
  }

  /** Where a worker keeps its files. */
  Path workerRoot(int worker) {
    return root.resolve("worker-" + worker);
  }

  private Optional<ProcessHandle> process(String name) {
    Path file = root.resolve("run/" + name + ".pid");
    return Files.exists(file)
        ? ProcessHandle.of(Long.parseLong(firstLine(file).split(" ")[0]))
        : Optional.empty();
  }

  /**
   * Whether any process of this machine has that word in its command line, those below other farms'
   * processes left aside: what has escaped from its farm counts.
   */
  boolean runs(String word) {
    return ProcessHandle.allProcesses()
        .anyMatch(process -> isStep(process, word) && !belongsToAnother(process));
  }

  private boolean belongsToAnother(ProcessHandle process) {
    return Stream.iterate(process.parent(), Optional::isPresent, up -> up.get().parent())
        .map(parent -> commandLine(parent.orElseThrow()))
        .anyMatch(line ->
            line.contains(root.resolveSibling("farm-").toString()) && !line.contains(root + "/"));
  }

  /** Whether a process below that worker has that word in its command line. */
  boolean workerRuns(int number, String word) {
    return process("worker-" + number).stream()
        .flatMap(ProcessHandle::descendants)
        .anyMatch(process -> isStep(process, word));
  }

  /**
   * The client has the word in no argument, the step has: the Dockerfile is a file to the client.
   */
  private static boolean isStep(ProcessHandle process, String word) {
    return commandLine(process).contains(word);
  }

  /**
   * Read from /proc: other users' command lines are not in {@link ProcessHandle.Info} for all JDKs.
   */
  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
              Path.of("/proc/" + process.pid() + "/cmdline"),
              java.nio.charset.StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }

  /** host:port that workers join at. */
  String workersAddress() {
    return firstLine(root.resolve("run/workers.address"));
  }

  /** host:port at which workers join one of several coordinators, from 1. */
  String workersAddress(int coordinator) {
    return firstLine(root.resolve("coordinator-" + coordinator + "/run/workers.address"));
  }

  /** host:port of the coordinator's HTTP side. */
  String httpAddress() {
    return firstLine(root.resolve("run/http.address"));
  }

  /** host:port of the HTTP side of one of several coordinators, from 1. */
  String httpAddress(int coordinator) {
    return firstLine(root.resolve("coordinator-" + coordinator + "/run/http.address"));
  }

  /** host:port of a worker's server. */
  String workerAddress(int worker) {
    return firstLine(root.resolve("worker-" + worker + "/run/http.address"));
  }

  /** Root filesystems that are mounted inside that worker's namespace. */
  long mountedRoots(int worker) {
    try (Stream<String> mounts = Files.lines(proc(java(worker), "mountinfo"))) {
      return mounts
          .filter(line -> line.contains(" - overlay ") && line.contains("/worker-" + worker + "/"))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel's limits of that worker, as text. */
  String limits(int worker) {
    try {
      return Files.readString(proc(java(worker), "limits"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the container runtime still knows of, and bundles that were not removed. */
  java.util.List<Path> containers(int worker) {
    try (Stream<Path> files = Files.walk(proc(java(worker), "root/run/slipway"), 3)) {
      return files
          .filter(file ->
              java.util.Set.of("bundles", "state")
                  .contains(file.getParent().getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Resident memory of the coordinator, in bytes. */
  long coordinatorMemory() {
    try (Stream<String> lines = Files.lines(proc(process("coordinator").orElseThrow(), "status"))) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .map(line -> line.replaceAll("\\D+", ""))
              .mapToLong(Long::parseLong)
              .findFirst()
              .orElseThrow()
          << 10;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path proc(ProcessHandle process, String file) {
    return Path.of("/proc", Long.toString(process.pid()), file);
  }

  /** The Java process below rootlesskit's. */
  private ProcessHandle java(int worker) {
    return process("worker-" + worker).stream()
        .flatMap(ProcessHandle::descendants)
        .filter(process ->
            commandLine(process).contains("slipway-worker")
                && !commandLine(process).startsWith("rootlesskit")
                && !commandLine(process).contains("/proc/self/exe"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("worker " + worker + " does not run"));
  }

  /** Sends the worker a signal: {@code STOP} freezes it, {@code CONT} lets it go on. */
  void signal(int worker, String name) {
    Command.run(
            Duration.ofSeconds(5), List.of("kill", "-" + name, Long.toString(java(worker).pid())))
        .orThrow();
  }

  /** Adds a worker and returns its number, which may be that of one that has left. */
  int addWorker() {
    return addWorker(Map.of());
  }

  /** Adds one whose processes have these variables too. */
  int addWorker(Map<String, String> environment) {
    String name =
        slipway(environment, "add", "--slots", "2")
            .output()
            .lines()
            .reduce((_, last) -> last)
            .orElseThrow();
    return Integer.parseInt(name.strip().substring("worker-".length()));
  }

  /** Takes a worker out of the farm and returns when it has left. */
  void drainWorker(int number) {
    slipway(Map.of(), "drain", "worker-" + number);
  }

  private Command.Result slipway(
      Map<String, String> environment, String action, String... arguments) {
    List<String> words =
        new java.util.ArrayList<>(
            List.of(Workplace.slipway(), "worker", action, "--root", root.toString()));
    words.addAll(List.of(arguments));
    try (Command command = Command.start(environment, Path.of("/"), words)) {
      return command.await(START).orThrow();
    }
  }

  /** The end of every log, for the message of a test that fails. */
  String logs() {
    return Command.run(
            Duration.ofSeconds(10),
            List.of(Workplace.slipway(), "logs", "-n", "40", "--root", root.toString()))
        .output();
  }

  @Override
  public void close() {
    Command.start(
            Map.of(), Path.of("/"), List.of(Workplace.slipway(), "down", "--root", root.toString()))
        .await(Duration.ofSeconds(30))
        .orThrow();
  }
}
