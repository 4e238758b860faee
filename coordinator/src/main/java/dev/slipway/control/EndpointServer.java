package dev.slipway.control;

import dev.slipway.certificates.ServerTls;
import dev.slipway.certificates.TlsFront;
import dev.slipway.config.HostPort;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC servers of the endpoint: one per address, {@code tcp://host:port} (TLS or h2c) or {@code
 * unix://path} (h2c). Handlers run on virtual threads.
 */
public final class EndpointServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EndpointServer.class);

  /** Longest message, as BuildKit's own. */
  private static final int MAX_MESSAGE = 16 << 20;

  /** Longest headers; a session's list of methods takes a few KiB. */
  private static final int MAX_HEADERS = 64 << 10;

  /**
   * How long running calls may take to end when the coordinator stops: answers are sent, a build
   * takes longer and is cancelled.
   */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** How long cancelled calls may take to end. */
  private static final Duration CANCEL_GRACE = Duration.ofSeconds(1);

  /** Clients may ping this often; proxies in front of farms do. */
  private static final Duration KEEPALIVE = Duration.ofSeconds(5);

  /** Who has not said who he is by then is not a client. */
  private static final Duration HANDSHAKE_PATIENCE = Duration.ofSeconds(20);

  private final List<Server> servers = new ArrayList<>();
  private final List<String> addresses = new ArrayList<>();
  private final List<Path> sockets = new ArrayList<>();
  private final HealthStatusManager health = new HealthStatusManager();
  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("call-", 0).factory());
  private final List<EventLoopGroup> groups = new ArrayList<>();

  private final Optional<Supplier<ServerTls>> tls;

  private EndpointServer(Optional<Supplier<ServerTls>> tls) {
    this.tls = tls;
  }

  /**
   * Starts serving.
   *
   * @param tls of TCP addresses, asked at each connection; empty = plain text
   * @throws SlipwayException INVALID when an address is none, UNAVAILABLE when it cannot be
   *     listened on
   */
  public static EndpointServer start(
      List<String> addresses,
      Optional<Supplier<ServerTls>> tls,
      List<ServerServiceDefinition> services)
      throws SlipwayException {
    EndpointServer endpoint = new EndpointServer(tls);
    try {
      for (String address : addresses) {
        endpoint.listen(address, services);
      }
      return endpoint;
    } catch (SlipwayException | RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  /** The addresses in the order they were given, with real ports. */
  public List<String> addresses() {
    return List.copyOf(addresses);
  }

  /** Whether all addresses are served. */
  public boolean isServing() {
    return !servers.isEmpty() && servers.stream().noneMatch(Server::isShutdown);
  }

  private void listen(String address, List<ServerServiceDefinition> services)
      throws SlipwayException {
    try {
      if (address.startsWith("tcp://")) {
        InetSocketAddress wanted = HostPort.parse(address.substring("tcp://".length())).resolve();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(wanted);
        tls.ifPresent(files ->
            builder
                .protocolNegotiator(new TlsFront(files, executor))
                .handshakeTimeout(HANDSHAKE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        Server server = start(builder, services);
        addresses.add(
            "tcp://" + HostPort.of((InetSocketAddress) server.getListenSockets().getFirst()));
      } else if (address.startsWith("unix://")) {
        Path path = Path.of(address.substring("unix://".length())).toAbsolutePath();
        startUnix(path, services);
        addresses.add("unix://" + path);
      } else {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "address \"" + address + "\" is neither tcp://host:port nor unix://path");
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "listening on " + address + " failed: " + e.getMessage(), e);
    }
  }

  private void startUnix(Path path, List<ServerServiceDefinition> services)
      throws SlipwayException, IOException {
    if (!Epoll.isAvailable()) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "a unix socket on this kind of machine is not supported yet: "
              + Epoll.unavailabilityCause());
    }
    Files.createDirectories(path.getParent());
    Files.deleteIfExists(
        path); // left by a process that was killed; a live one's clients would notice, as with any
    // daemon
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    groups.add(group);
    start(
        NettyServerBuilder.forAddress(new DomainSocketAddress(path.toString()))
            .channelType(EpollServerDomainSocketChannel.class)
            .bossEventLoopGroup(group)
            .workerEventLoopGroup(group),
        services);
    sockets.add(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
  }

  private Server start(NettyServerBuilder builder, List<ServerServiceDefinition> services)
      throws IOException {
    builder
        .executor(executor)
        .maxInboundMessageSize(MAX_MESSAGE)
        .maxInboundMetadataSize(MAX_HEADERS)
        .permitKeepAliveTime(KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .addService(health.getHealthService());
    services.forEach(builder::addService);
    Server server = builder.build().start();
    servers.add(server);
    return server;
  }

  /** Takes no new calls, gives running ones a moment, then cancels them. */
  @Override
  public void close() {
    health.enterTerminalState();
    servers.forEach(Server::shutdown);
    try {
      awaitEnd(GRACE);
      servers.forEach(Server::shutdownNow);
      awaitEnd(CANCEL_GRACE); // ended calls still need the executor
    } catch (InterruptedException _) {
      servers.forEach(Server::shutdownNow);
      Thread.currentThread().interrupt();
    }
    // The executor is not shut down: it keeps no threads, and connections that break late still
    // need it.
    groups.forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
    for (Path socket : sockets) {
      try {
        Files.deleteIfExists(socket);
      } catch (IOException e) {
        log.atWarn().addKeyValue("path", socket).setCause(e).log("socket not removed");
      }
    }
  }

  private void awaitEnd(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    for (Server server : servers) {
      server.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }
}
