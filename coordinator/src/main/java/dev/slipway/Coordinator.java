package dev.slipway;

import dev.slipway.cache.ClusterCacheIndex;
import dev.slipway.cache.IndexSnapshots;
import dev.slipway.certificates.Audience;
import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.ServerTls;
import dev.slipway.certificates.WatchedTls;
import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.cluster.ClusterLocks;
import dev.slipway.cluster.Leases;
import dev.slipway.cluster.MapNames;
import dev.slipway.config.ClusterSettings;
import dev.slipway.config.FarmConfig;
import dev.slipway.config.FarmSettings;
import dev.slipway.config.HostPort;
import dev.slipway.config.TlsFiles;
import dev.slipway.container.Containers;
import dev.slipway.context.ContextStore;
import dev.slipway.control.BuildJobs;
import dev.slipway.control.CallHeaders;
import dev.slipway.control.ContentService;
import dev.slipway.control.ControlService;
import dev.slipway.control.EndpointServer;
import dev.slipway.control.FarmDisk;
import dev.slipway.control.LlbBridgeService;
import dev.slipway.control.StreamedGateways;
import dev.slipway.control.TimestampHeader;
import dev.slipway.control.TraceService;
import dev.slipway.control.WorkerRecords;
import dev.slipway.coordination.CoordinationService;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import dev.slipway.coordination.Quorum;
import dev.slipway.durability.DurableLayers;
import dev.slipway.enrolment.Register;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Explanations;
import dev.slipway.export.ExportParts;
import dev.slipway.export.FarmExporters;
import dev.slipway.fleet.FarmFleet;
import dev.slipway.fleet.FarmHandOver;
import dev.slipway.fleet.FarmServer;
import dev.slipway.fleet.FleetConfig;
import dev.slipway.fleet.SoleLayers;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.DockerfileFrontend;
import dev.slipway.frontend.gateway.Capabilities;
import dev.slipway.frontend.gateway.FrontendParts;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.frontend.gateway.ImageResolver;
import dev.slipway.frontend.gateway.ResultFiles;
import dev.slipway.history.BuildHistory;
import dev.slipway.holdings.Holdings;
import dev.slipway.identity.Access;
import dev.slipway.identity.Doorkeeper;
import dev.slipway.identity.Tenants;
import dev.slipway.mounts.ClusterMountIndex;
import dev.slipway.mounts.MountIndex;
import dev.slipway.mounts.SoleMounts;
import dev.slipway.oci.ImageReference;
import dev.slipway.progress.Changes;
import dev.slipway.queue.FarmScheduler;
import dev.slipway.queue.Leadership;
import dev.slipway.queue.QueueGauges;
import dev.slipway.queue.QueueService;
import dev.slipway.quota.CacheQuotas;
import dev.slipway.registry.RegistryClient;
import dev.slipway.registry.RegistryHosts;
import dev.slipway.registry.ResolvedImage;
import dev.slipway.routing.CallRouting;
import dev.slipway.schedule.SchedulerConfig;
import dev.slipway.schedule.SchedulerLoop;
import dev.slipway.session.HealthPolicy;
import dev.slipway.session.SessionRegistry;
import dev.slipway.solve.ContainerSteps;
import dev.slipway.solve.FarmLayerReferences;
import dev.slipway.solve.FarmMounts;
import dev.slipway.solve.FarmSolver;
import dev.slipway.solve.RegistryImages;
import dev.slipway.solve.SolveParts;
import dev.slipway.solve.Sources;
import dev.slipway.telemetry.ClusterMetric;
import dev.slipway.telemetry.Declaration;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.ProcessMeters;
import dev.slipway.tracing.Tracing;
import dev.slipway.web.RelayedBlobs;
import dev.slipway.web.TreeShelf;
import dev.slipway.web.WebServer;
import dev.slipway.web.access.PageAccess;
import dev.slipway.web.page.Login;
import dev.slipway.web.page.PageParts;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One coordinator: all its parts, put together by hand, taken apart in the opposite order. */
final class Coordinator implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Coordinator.class);

  private static final List<String> DEFAULT_ADDRESSES = List.of("tcp://127.0.0.1:1234");

  /** A crash loses what was learned since; it is built again. */
  private static final Duration SNAPSHOT_INTERVAL = Duration.ofSeconds(10);

  /** A tenant may have more than its bound for so long. */
  private static final Duration QUOTA_LOOK = Duration.ofSeconds(15);

  /** Closed last to first. */
  private final Deque<Part> parts = new ArrayDeque<>();

  private EndpointServer endpoint;
  private String httpAddress;
  private Optional<String> httpsAddress = Optional.empty();
  private String workersAddress;

  private record Part(String name, AutoCloseable part) {}

  private Coordinator() {}

  /** Starts everything and writes the addresses; nothing is left running when it fails. */
  static Coordinator start(CoordinatorOptions options)
      throws SlipwayException, IOException, InterruptedException {
    Coordinator coordinator = new Coordinator();
    try {
      coordinator.wire(options);
      return coordinator;
    } catch (SlipwayException | IOException | InterruptedException | RuntimeException e) {
      coordinator.close();
      throw e;
    }
  }

  List<String> addresses() {
    return endpoint.addresses();
  }

  String httpAddress() {
    return httpAddress;
  }

  String workersAddress() {
    return workersAddress;
  }

  private void wire(CoordinatorOptions options)
      throws SlipwayException, IOException, InterruptedException {
    FarmConfig config =
        options.config().isPresent() ? FarmConfig.read(options.config().get()) : FarmConfig.DEFAULT;
    if (!config.unused().isEmpty()) {
      log.atInfo().addKeyValue("keys", config.unused()).log("configuration keys without use here");
    }
    String joinToken = Files.readString(options.joinTokenFile()).strip();
    if (joinToken.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the join token file " + options.joinTokenFile() + " is empty");
    }
    Path state = Files.createDirectories(options.root().resolve("coordinator"));
    Clock clock = Clock.systemUTC();
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Meters meters = new Meters(metrics);
    meters.declare(Declaration.Where.COORDINATOR);
    Tracing tracing =
        keep(
            "traces",
            Tracing.start(
                config.otel().with(System.getenv()),
                "slipway-coordinator",
                options.root().toString(),
                clock));
    keep("process meters", new ProcessMeters(meters, CoordinatorMain.VERSION));

    RegistryClient registries = keep("registry client", new RegistryClient(registryHosts(config)));
    ClusterSettings members = options.cluster().over(config.cluster());
    ClusterConfig membership = ClusterConfig.of(members, joinToken);
    FarmSettings network = options.farmCa().over(options.farm().over(config.farm()));
    Optional<FarmTls> farmTls = Optional.empty();
    if (network.tls().isPresent()) {
      farmTls = Optional.of(keep("farm TLS", FarmTls.start(network.tls().get(), clock)));
    }
    WorkerAdmission.check(network);
    HostPort workersListen = HostPort.parse(options.workersListen());
    network.checkListen(
        "--workers-listen",
        workersListen.host(),
        farmTls.isPresent(),
        "give it certificates ([farm.tls], --farm-tlscert, --farm-tlskey and --farm-tlscacert)");
    network.checkListen("cluster.listen", membership.listen().host(), false, "");
    Cluster cluster = keep("cluster", Cluster.start(membership));
    Coordinators coordinators =
        keep("coordinators", Coordinators.start(cluster, joinToken, farmTls));
    Quorum quorum = keep("quorum", Quorum.start(cluster, members.size()));
    DurableLayers durable = new DurableLayers(config.durability());
    ClusterCacheIndex index = new ClusterCacheIndex(cluster, durable.places());
    keep(
        "index snapshots",
        IndexSnapshots.start(index, state.resolve("index.snapshot"), SNAPSHOT_INTERVAL));
    SchedulerConfig scheduling = SchedulerConfig.of(config);
    SchedulerLoop loop =
        keep(
            "scheduler loop",
            SchedulerLoop.start(scheduling, QueueGauges.times(meters, config.queue())));
    QueueService queue = new QueueService(loop);
    FarmScheduler scheduler =
        keep("scheduler", FarmScheduler.start(loop, queue, Leadership.of(coordinators)));
    FarmFleet fleet = keep("fleet", new FarmFleet(FleetConfig.DEFAULTS, index, scheduler, clock));
    MountIndex mounts = new ClusterMountIndex(cluster);
    Register register = keep("register of workers", Register.start(cluster, state, clock));
    register.onEvicted(fleet::evicted);
    fleet.evicted(register.evicted());
    fleet.onMounts((worker, held) -> mounts.held(worker, MountIndex.Held.of(held)));
    ClusterLocks locks = new ClusterLocks(cluster);
    Changes changes = new Changes();
    BuildJobs jobs = new BuildJobs(clock, changes);
    ContextStore contexts = new ContextStore(state.resolve("contexts"), clock);
    SessionRegistry sessions =
        keep("sessions", new SessionRegistry(contexts, HealthPolicy.DEFAULT));
    Fetching fetching = keep("sources", Fetching.start(state, config.egress(), registries, clock));
    TreeShelf trees = new TreeShelf(ContextStore::keep, fetching.after(contexts::release));
    AtomicReference<String> treesUrl = new AtomicReference<>("http://" + options.http());

    RelayedBlobs relayed = new RelayedBlobs(registries, treesUrl::get, fleet::capability);
    RegistryImages images = new RegistryImages(registries, relayed);
    Sources sources =
        new Sources(
            sessions, images, index, meters, clock, fetching.remote(), fetching.layouts(), relayed);
    FarmLayerReferences references =
        new FarmLayerReferences(index, fleet, images, sources, treesUrl::get, durable.sources());
    Explanations explanations =
        keep(
            "explanations",
            new Explanations(
                cluster,
                joinToken,
                () -> fleet.workers().stream().map(WorkerRecords::name).collect(Collectors.toSet()),
                clock));
    SolveParts solving =
        new SolveParts(
            index,
            scheduler,
            fleet,
            sources,
            references,
            trees,
            new FarmMounts(mounts, (name, build) -> locks.acquire(name, build)::close),
            jobs,
            explanations,
            (_, definition) -> Capabilities.check(definition),
            meters,
            config.queue().stageTimeout(),
            clock);
    FarmSolver solver = new FarmSolver(solving, new Leases(cluster, MapNames.LEASES), coordinators);
    ExportParts exports =
        new ExportParts(
            fleet,
            index,
            registries,
            sessions,
            references,
            clock,
            Files.createDirectories(state.resolve("export")),
            farmTls);
    FarmExporters exporters = keep("exporters", new FarmExporters(exports));
    keep("durable layers", durable)
        .start(
            index,
            fleet,
            exports,
            images,
            () -> loop.stats().waiting() > 0,
            coordinators::isOldest,
            meters);
    Tenants tenants =
        Tenants.of(
            config.tenants(),
            options.entitlements().isEmpty() ? config.entitlements() : options.entitlements());
    WorkerRecords workers = new WorkerRecords(fleet, List.copyOf(scheduling.platforms()));
    GatewayParts gateway =
        new GatewayParts(
            solver,
            new ResultFiles(fleet, index, references),
            resolver(registries),
            fetching.remote(),
            fetching.layouts(),
            sessions,
            new DockerfileFrontend(),
            new FrontendParts(
                new Containers(fleet, new ContainerSteps(solving)::place),
                keep("frontends' gateways", new StreamedGateways(workers)),
                workers::json),
            workers::platforms,
            clock);
    ControlService control =
        new ControlService(
            new ControlService.Parts(
                jobs,
                gateway,
                exporters,
                workers,
                new FarmDisk(fleet, index, clock),
                sessions::open,
                tenants,
                explanations::begin,
                meters,
                tracing,
                config.queue().buildTimeout()));

    keep(
        "cache quotas",
        CacheQuotas.start(
            new CacheQuotas.Parts(
                index, fleet, tenants, QUOTA_LOOK, coordinators::isOldest, meters)));
    CoordinatorGauges.bind(meters, cluster, members.size(), quorum, sessions, jobs);
    QueueGauges.bind(meters, scheduler, config.queue());
    HostPort http = HostPort.parse(options.http());
    AtomicReference<String> page = new AtomicReference<>(http.toString());
    BuildHistory history =
        keep("build history", BuildHistory.start(cluster, page::get, jobs, changes));
    AtomicReference<EndpointServer> serving = new AtomicReference<>();
    Optional<TlsFiles> tlsFiles = options.tls().over(config.tls());
    Access access =
        Access.of(
            config.access().withRevoked(options.tls().revoked(config.access().revoked())),
            tlsFiles.flatMap(TlsFiles::ca),
            clock);
    WebServer.Parts served =
        new WebServer.Parts(
            fleet,
            trees,
            relayed,
            fleet.verifier(),
            farmTls,
            register::evicted,
            metrics,
            meters,
            () ->
                serving.get() != null && serving.get().isServing()
                    ? quorum.refusal()
                    : Optional.of("the endpoint is not served"),
            clock,
            new PageParts(
                fleet,
                jobs,
                history,
                coordinators::all,
                cluster.self(),
                scheduler::stats,
                config.queue(),
                explanations::of,
                new Holdings(fleet, explanations::provenance, clock),
                changes,
                farmTls.isEmpty() && config.httpTls().isEmpty(),
                clock),
            access.isOpen()
                ? PageAccess.EVERYBODY
                : new Login(access, () -> meters.count(ClusterMetric.CALLS_REFUSED)));
    // With TLS what is plain stays on loopback, for those who are on this machine: the launcher.
    HostPort plain = config.httpTls().isPresent() ? new HostPort("127.0.0.1", 0) : http;
    WebServer web = keep("http", WebServer.start(served, plain.host(), plain.port()));
    httpAddress = new HostPort(plain.host(), web.port()).toString();
    page.set(pageAddress(http, web.port(), options));
    if (config.httpTls().isPresent()) {
      WatchedTls files =
          keep("http TLS", WatchedTls.start(config.httpTls().get(), Audience.CLIENTS, clock));
      int port = web.serveAlso(files, http.host(), http.port());
      httpsAddress = Optional.of(new HostPort(http.host(), port).toString());
      page.set(pageAddress(http, port, options));
    }
    if (farmTls.isPresent()) {
      HostPort forWorkers = treesListen(options, workersListen);
      int port = web.serveWorkers(farmTls.get(), forWorkers.host(), forWorkers.port());
      String url = options.treesUrl().orElse("https://" + new HostPort(forWorkers.host(), port));
      if (!url.startsWith("https://")) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "--trees-url " + url + " must begin with https://, as this farm has TLS");
      }
      treesUrl.set(FarmHttpClient.named(url, FarmTls.COORDINATOR));
    } else {
      treesUrl.set(options.treesUrl().orElse("http://" + httpAddress));
    }
    ServerInterceptor calls = new MetricCollectingServerInterceptor(metrics);
    List<ServerServiceDefinition> services =
        List.of(
            ServerInterceptors.intercept(
                control, new CallHeaders(), new TimestampHeader(clock), calls),
            ServerInterceptors.intercept(
                new LlbBridgeService(jobs, workers), new CallHeaders(), calls));
    List<ServerServiceDefinition> inner = new ArrayList<>();
    inner.add(new CoordinationService(queue, solver.watching()).bindService());
    if (!membership.isAlone()) {
      CallRouting routing =
          keep(
              "call routing",
              new CallRouting(
                  cluster,
                  coordinators,
                  quorum,
                  () -> meters.count(ClusterMetric.CALLS_FORWARDED)));
      routing.forCoordinators(services).stream()
          .map(service -> ServerInterceptors.intercept(service, Doorkeeper.forCoordinators()))
          .forEach(inner::add);
      services = routing.forClients(services);
    }
    List<ServerServiceDefinition> offered = new ArrayList<>(services);
    offered.add(new TraceService(tracing).bindService());
    offered.add(new ContentService().bindService());
    Doorkeeper door =
        Doorkeeper.forClients(access, () -> meters.count(ClusterMetric.CALLS_REFUSED));
    offered.replaceAll(service -> ServerInterceptors.intercept(service, door));
    WorkerAdmission admission =
        keep(
            "workers' admission",
            WorkerAdmission.start(
                network, farmTls, joinToken, register, fleet, quorum::refusal, state, clock));
    FarmServer farm =
        keep(
            "workers' server",
            FarmServer.start(
                new InetSocketAddress(workersListen.host(), workersListen.port()),
                joinToken,
                farmTls,
                fleet,
                inner,
                admission.enrolment()));
    workersAddress = new HostPort(workersListen.host(), farm.address().getPort()).toString();
    String advertised = options.workersAdvertise().orElse(workersAddress);
    fleet.reachedAt(advertised);
    fleet.handOver(
        new FarmHandOver(
            fleet,
            List.of(new SoleLayers(fleet, index), new SoleMounts(fleet, mounts)),
            coordinators::isOldest));
    coordinators.onChange(
        all -> fleet.coordinators(all.stream().map(CoordinatorRecord::workersAddress).toList()));

    Optional<Supplier<ServerTls>> tls = Optional.empty();
    if (tlsFiles.isPresent()) {
      tls =
          Optional.of(keep("TLS files", WatchedTls.start(tlsFiles.get(), audience(access), clock)));
    }
    CoordinatorGauges.certificate(meters, tls, clock);
    endpoint =
        keep("endpoint", EndpointServer.start(endpointAddresses(options, config), tls, offered));
    serving.set(endpoint);
    warn(endpoint.addresses(), httpAddress, tls.isPresent(), access);
    coordinators.announce(
        new CoordinatorRecord(
            cluster.self(), advertised, endpoint.addresses(), page.get(), clock.instant()));
    Path run = Files.createDirectories(options.root().resolve("run"));
    writeOwnToken(run.resolve("own-token"), access);
    writeAddresses(run);
  }

  /** Nothing is refused here, unlike the farm's own ports: whoever sets it up may have a reason. */
  private static void warn(List<String> endpoint, String http, boolean encrypted, Access access)
      throws SlipwayException {
    for (String address : endpoint) {
      if (address.startsWith("tcp://")
          && !encrypted
          && !FarmSettings.isLoopback(
              HostPort.parse(address.substring("tcp://".length())).host())) {
        log.atWarn()
            .addKeyValue("address", address)
            .log(
                access.isOpen()
                    ? "whoever reaches this address can run commands on the workers: give it"
                        + " certificates (grpc.tls) and say who is let in (access)"
                    : "tokens and files of clients can be read on their way to this address: give it"
                        + " certificates (grpc.tls)");
      }
    }
    if (access.isOpen() && !FarmSettings.isLoopback(HostPort.parse(http).host())) {
      log.atWarn()
          .addKeyValue("address", "http://" + http)
          .log("whoever reaches this address sees all builds and their logs (access)");
    }
  }

  /** With tokens a client can do without a certificate. */
  private static Audience audience(Access access) {
    return access.takesTokens() ? Audience.CLIENTS_WITH_TOKENS : Audience.CLIENTS;
  }

  /**
   * As other coordinators reach it: an address that means all of a machine's means nothing there.
   */
  private static String pageAddress(HostPort listen, int port, CoordinatorOptions options)
      throws SlipwayException {
    boolean everywhere = listen.host().equals("0.0.0.0") || listen.host().equals("::");
    String host =
        everywhere && options.workersAdvertise().isPresent()
            ? HostPort.parse(options.workersAdvertise().get()).host()
            : listen.host();
    return new HostPort(host, port).toString();
  }

  private static HostPort treesListen(CoordinatorOptions options, HostPort workers)
      throws SlipwayException {
    return options.treesListen().isPresent()
        ? HostPort.parse(options.treesListen().get())
        : new HostPort(workers.host(), 0);
  }

  private static List<String> endpointAddresses(CoordinatorOptions options, FarmConfig config) {
    return !options.addresses().isEmpty()
        ? options.addresses()
        : !config.addresses().isEmpty() ? config.addresses() : DEFAULT_ADDRESSES;
  }

  private static RegistryHosts registryHosts(FarmConfig config) {
    Map<String, RegistryHosts.Host> hosts = new HashMap<>();
    config
        .registries()
        .forEach((name, registry) ->
            hosts.put(
                name,
                new RegistryHosts.Host(registry.mirrors(), registry.http(), registry.insecure())));
    return new RegistryHosts(hosts);
  }

  private static ImageResolver resolver(RegistryClient registries) {
    return (reference, platform, authenticator) -> {
      ResolvedImage image =
          registries.resolve(ImageReference.parse(reference), platform, authenticator);
      return new FrontendBridge.ResolvedImage(reference, image.root().digest(), image.config());
    };
  }

  private void writeAddresses(Path run) throws IOException {
    write(run.resolve("workers.address"), workersAddress);
    write(run.resolve("grpc.address"), String.join("\n", endpoint.addresses()));
    if (httpsAddress.isPresent()) {
      write(run.resolve("https.address"), httpsAddress.get());
    }
    write(run.resolve("http.address"), httpAddress);
  }

  /** For the farm's user on this machine, where others have to say who they are. */
  private static void writeOwnToken(Path file, Access access) throws IOException {
    Files.deleteIfExists(file);
    if (!access.isOpen()) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, access.ownToken() + "\n");
    }
  }

  /** Whoever waits for the file must never see half of it. */
  private static void write(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text + "\n");
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private <T extends AutoCloseable> T keep(String name, T part) {
    parts.push(new Part(name, part));
    return part;
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      try {
        part.part().close();
      } catch (Exception e) {
        log.atWarn().addKeyValue("part", part.name()).setCause(e).log("part not closed");
      }
    }
  }
}
