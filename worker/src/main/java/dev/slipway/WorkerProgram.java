package dev.slipway;

import dev.slipway.agent.Agent;
import dev.slipway.agent.WorkerDescription;
import dev.slipway.agent.WorkerIdentity;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.JoinSecret;
import dev.slipway.config.FarmConfig;
import dev.slipway.config.FarmSettings;
import dev.slipway.content.BlobDirectory;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.gc.Disk;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.MountShelf;
import dev.slipway.layers.LayerLimits;
import dev.slipway.linux.Mounts;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountTransfer;
import dev.slipway.peer.Outcasts;
import dev.slipway.peer.PeerServer;
import dev.slipway.peer.TrustedKeys;
import dev.slipway.registry.RegistryClient;
import dev.slipway.sandbox.Binfmt;
import dev.slipway.sandbox.NetworkPool;
import dev.slipway.sandbox.Readiness;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.sandbox.SandboxConfig;
import dev.slipway.sandbox.Unreachable;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.telemetry.Declaration;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.ProcessMeters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import dev.slipway.tracing.Tracing;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires a worker and keeps it running until the process is told to end. */
final class WorkerProgram {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerProgram.class);

  /** Label with the name that people gave the worker. */
  private static final String NAME_LABEL = "dev.slipway.worker.name";

  /** Networks made before the first step asks; more are made when asked for. */
  private static final int WARM_NETWORKS = 4;

  /** Longest clean end; the launcher's patience is longer. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(10);

  private WorkerProgram() {}

  /** The command line, read. */
  record Settings(
      Path root,
      List<String> coordinators,
      Path joinTokenFile,
      JoinSecret joinToken,
      int slots,
      Duration drainPatience,
      InetSocketAddress listen,
      Optional<InetSocketAddress> http,
      String advertise,
      String name,
      Map<String, String> labels,
      String runtime,
      SandboxConfig.Processes processes,
      FarmConfig config,
      FarmSettings network,
      Optional<Path> durableDirectory) {
    Settings {
      coordinators = List.copyOf(coordinators);
      labels = Map.copyOf(labels);
    }

    @Override
    public String toString() {
      return "Settings[" + root + ", " + coordinators + "]";
    }
  }

  /** Works until SIGTERM or SIGINT, then drains and returns; a second signal ends the draining. */
  static void run(Settings settings) throws SlipwayException, IOException {
    StopSignals signals = StopSignals.listen();
    try {
      runLocked(settings, signals);
    } catch (InterruptedException _) {
      LOG.debug("told to end");
    }
  }

  /** Whatever hangs, the process ends: halts it when it takes too long from now on. */
  private static void limitEnd() {
    Thread.ofPlatform()
        .daemon()
        .name("worker-end")
        .start(() -> {
          try {
            Thread.sleep(END_PATIENCE);
            LOG.atWarn().log("the worker did not end cleanly in time");
            Runtime.getRuntime().halt(0);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static void runLocked(Settings settings, StopSignals signals)
      throws SlipwayException, IOException, InterruptedException {
    Readiness readiness = Readiness.probe(settings.runtime());
    readiness.require();
    readiness.degraded().forEach(sentence -> LOG.atWarn().log(sentence));
    if (settings.processes() == SandboxConfig.Processes.SHARED) {
      LOG.atWarn()
          .log(
              "steps have no process namespaces of their own (--no-process-sandbox): one may read and end those that run beside it");
    }
    if (!readiness.egress() && !settings.config().egress().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "the configuration has [worker.oci.egress], which cannot be kept here: steps share the host's network;"
              + " install slirp4netns and let all users open /dev/net/tun");
    }
    Files.createDirectories(settings.root());
    try (FileChannel lockFile =
            FileChannel.open(
                settings.root().resolve("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock()) {
      if (lock == null) {
        throw new SlipwayException(ErrorKind.CONFLICT, "another worker uses " + settings.root());
      }
      serve(settings, readiness, signals);
    }
  }

  private static void serve(Settings settings, Readiness readiness, StopSignals signals)
      throws SlipwayException, IOException, InterruptedException {
    String id = WorkerIdentity.of(settings.root());
    try (FarmIdentity identity = FarmIdentity.of(settings, id)) {
      serve(settings, id, readiness, signals, identity);
    }
  }

  private static void serve(
      Settings settings, String id, Readiness readiness, StopSignals signals, FarmIdentity identity)
      throws SlipwayException, IOException, InterruptedException {
    Optional<FarmTls> farmTls = identity.tls();
    Path runtimeDirectory = runtimeDirectory(settings.root(), id);
    Binfmt.Platforms platforms = Binfmt.register(settings.root());
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Meters meters = new Meters(metrics);
    meters.declare(Declaration.Where.WORKER);
    meters.counter(TransferMetric.REGISTRY_RETRIES, RegistryClient::retries);
    AtomicReference<Agent> agent = new AtomicReference<>();
    TrustedKeys keys = new TrustedKeys(() -> Instant.EPOCH.plusNanos(System.nanoTime()));
    Outcasts outcasts = new Outcasts();
    try (ProcessMeters _ = new ProcessMeters(meters, WorkerMain.VERSION);
        Tracing tracing =
            Tracing.start(
                settings.config().otel().with(System.getenv()),
                "slipway-worker",
                name(settings),
                InstantSource.system());
        SnapshotStore store =
            OverlaySnapshots.open(settings.root().resolve("snapshots"), InstantSource.system());
        MountTransfer mountPeers = new MountTransfer(farmTls);
        CacheMounts mounts =
            CacheMounts.open(
                settings.root().resolve("mounts"), mountPeers, InstantSource.system());
        DiskKeeper disk =
            new DiskKeeper(
                name(settings),
                store,
                List.of(new MountShelf(mounts)),
                Disk.of(settings.root()),
                settings.config().gc(),
                InstantSource.system(),
                meters);
        NetworkPool networks =
            new NetworkPool(
                runtimeDirectory.resolve("net"),
                readiness.egress(),
                Unreachable.around(settings.coordinators())
                    .and(Unreachable.configured(settings.config().egress())));
        PeerServer peers =
            new PeerServer(
                store,
                mounts,
                metrics,
                meters,
                new PeerServer.Doors(keys, farmTls, outcasts),
                () -> agent.get() != null && agent.get().isReady())) {
      int port = peers.start(settings.listen());
      String health = healthAddress(settings, peers, port);
      WorkerDescription description = describe(settings, id, platforms, farmTls.isPresent(), port);
      Sandbox sandbox =
          new Sandbox(
              new SandboxConfig(settings.runtime(), runtimeDirectory, settings.processes()),
              networks);
      Agent.Farm farm =
          new Agent.Farm(settings.coordinators(), settings.joinToken().secret(), farmTls);
      try (Agent made =
          new Agent(
              description,
              farm,
              store,
              mounts,
              disk,
              sandbox,
              settings.root(),
              durable(settings),
              LayerLimits.of(settings.config().layers()),
              meters,
              tracing,
              new FarmNews(
                  keys, outcasts, networks, () -> writeAddresses(settings, health, port)))) {
        agent.set(made);
        identity.joined(made::coordinators);
        disk.start();
        meter(meters, made, settings.slots());
        meters.gauge(WorkerMetric.CERTIFICATE_SECONDS, identity::secondsLeft);
        Thread warm =
            Thread.ofVirtual().name("warm-networks").start(() -> warm(networks, settings.slots()));
        made.start();
        try {
          signals.awaitFirst();
          made.drain(settings.drainPatience());
        } catch (InterruptedException _) {
          LOG.debug("told to end at once");
        }
        signals.ending();
        limitEnd();
        warm.interrupt();
        warm.join();
      }
    }
    LOG.atInfo().addKeyValue("worker", id).log("worker ended");
  }

  private static Optional<BlobDirectory> durable(Settings settings) throws SlipwayException {
    Optional<Path> directory = settings.durableDirectory();
    if (directory.filter(path -> !Files.isDirectory(path) || !Files.isWritable(path)).isPresent()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "the durable directory "
              + directory.get()
              + " is not a directory that this worker's user may write: mount it, or change its owner");
    }
    return directory.map(path -> new BlobDirectory(path.toAbsolutePath()));
  }

  /**
   * On tmpfs: there a crash leaves nothing behind, and clients' secrets never reach a disk. Where
   * the namespace has none of its own, one is mounted, which ends with the worker.
   */
  private static Path runtimeDirectory(Path root, String id) throws IOException {
    Path run = Path.of("/run");
    Path directory =
        Files.createDirectories(
            Files.isWritable(run)
                ? run.resolve("slipway").resolve(id)
                : root.resolve("run").resolve("sandbox"));
    if (!Files.getFileStore(directory).type().equals("tmpfs")) {
      Mounts.mount("tmpfs", directory, "tmpfs", Mounts.NO_SUID | Mounts.NO_DEVICES, "mode=0711");
    }
    return directory;
  }

  private static String name(Settings settings) throws IOException {
    return settings.name().isEmpty() ? InetAddress.getLocalHost().getHostName() : settings.name();
  }

  private static WorkerDescription describe(
      Settings settings, String id, Binfmt.Platforms platforms, boolean tls, int port)
      throws IOException {
    Map<String, String> labels = new HashMap<>(settings.labels());
    String host = InetAddress.getLocalHost().getHostName();
    labels.put(NAME_LABEL, name(settings));
    String listenHost = settings.listen().getHostString();
    boolean everywhere = listenHost.equals("0.0.0.0") || listenHost.equals("::");
    String advertised =
        !settings.advertise().isEmpty() ? settings.advertise() : everywhere ? host : listenHost;
    String url =
        (tls ? "https://" : "http://")
            + (advertised.contains(":") ? "[" + advertised + "]" : advertised)
            + ":"
            + port;
    return new WorkerDescription(
        id,
        WorkerMain.VERSION,
        platforms.nativeOnes(),
        platforms.emulated(),
        settings.slots(),
        url,
        labels,
        Capacity.here().memoryBytes());
  }

  private static void warm(NetworkPool networks, int slots) {
    try {
      networks.warm(Math.min(slots, WARM_NETWORKS));
    } catch (SlipwayException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("networks could not be made ahead");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void meter(Meters meters, Agent agent, int slots) {
    meters.gauge(WorkerMetric.CAPACITY, () -> slots);
    meters.gauge(WorkerMetric.STAGES_RUNNING, agent::runningStages);
    meters.gauge(WorkerMetric.COORDINATORS, () -> agent.coordinators().size());
    meters.gauge(WorkerMetric.DRAINING, () -> agent.isDraining() ? 1 : 0);
    meters.counter(WorkerMetric.STAGES, agent::stagesRun);
  }

  private static String healthAddress(Settings settings, PeerServer peers, int port)
      throws SlipwayException, InterruptedException {
    if (settings.http().isEmpty()) {
      return settings.listen().getHostString() + ":" + port;
    }
    InetSocketAddress wanted = settings.http().get();
    return wanted.getHostString() + ":" + peers.startHealth(wanted);
  }

  /**
   * The launcher waits for {@code http.address}: it says that the worker has joined and where its
   * health is.
   */
  private static void writeAddresses(Settings settings, String health, int port) {
    try {
      Path run = Files.createDirectories(settings.root().resolve("run"));
      write(run.resolve("peers.address"), settings.listen().getHostString() + ":" + port);
      write(run.resolve("http.address"), health);
    } catch (IOException e) {
      LOG.atError().setCause(e).log("the worker's address could not be written");
    }
  }

  private static void write(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text + "\n");
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
