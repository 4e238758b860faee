package dev.slipway.fleet;

import dev.slipway.certificates.CoordinatorsOnly;
import dev.slipway.certificates.FarmCaller;
import dev.slipway.certificates.FarmTls;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Listens for workers and for the other coordinators. */
public final class FarmServer implements AutoCloseable {
  /**
   * A hello with the inventory of a hundred thousand layers, or a file read from a result, fits.
   */
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** Calls that another coordinator passes on bring their client's headers. */
  private static final int MAX_HEADER_BYTES = 64 << 10;

  /** Workers may ask whether the connection lives this often. */
  private static final int PERMITTED_KEEP_ALIVE_SECONDS = 5;

  /**
   * Dead connections are found by heartbeats first; this frees what is left of those that never
   * said hello.
   */
  private static final int KEEP_ALIVE_SECONDS = 20;

  /** How long calls may take to end when the server stops. */
  private static final int STOP_PATIENCE_SECONDS = 2;

  private final Server server;
  private final FarmFleet fleet;

  private FarmServer(Server server, FarmFleet fleet) {
    this.server = server;
    this.fleet = fleet;
  }

  /**
   * Starts to listen.
   *
   * @param address port 0 = any free one
   * @param joinToken what callers must present
   * @param tls lets only the farm's processes in; empty = plain text
   * @param others services besides that for workers, with the same token
   */
  public static FarmServer start(
      InetSocketAddress address,
      String joinToken,
      Optional<FarmTls> tls,
      FarmFleet fleet,
      List<ServerServiceDefinition> others)
      throws IOException {
    return start(address, joinToken, tls, fleet, others, Optional.empty());
  }

  /**
   * Starts to listen.
   *
   * @param enrolment what workers call that have no certificate yet; only with TLS
   */
  public static FarmServer start(
      InetSocketAddress address,
      String joinToken,
      Optional<FarmTls> tls,
      FarmFleet fleet,
      List<ServerServiceDefinition> others,
      Optional<ServerServiceDefinition> enrolment)
      throws IOException {
    // Not shut down at the end: it keeps no threads, and connections that break late still need it.
    Executor handlers = Executors.newVirtualThreadPerTaskExecutor();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .executor(handlers)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .maxInboundMetadataSize(MAX_HEADER_BYTES)
            .permitKeepAliveTime(PERMITTED_KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
    // Interceptors are asked last to first.
    List<ServerInterceptor> members = new ArrayList<>(List.of(new JoinToken(joinToken)));
    List<ServerInterceptor> coordinators = new ArrayList<>(members);
    if (tls.isPresent()) {
      members.add(FarmCaller.required());
      coordinators.add(new CoordinatorsOnly());
      coordinators.add(FarmCaller.required());
      if (enrolment.isPresent()) {
        tls.get().protectWithStrangers(builder, handlers);
        builder.addService(enrolment.get());
      } else {
        tls.get().protect(builder, handlers);
      }
    }
    builder.addService(ServerInterceptors.intercept(new FarmService(fleet), members));
    for (ServerServiceDefinition other : others) {
      builder.addService(ServerInterceptors.intercept(other, coordinators));
    }
    return new FarmServer(builder.build().start(), fleet);
  }

  /** Where it listens, with the real port. */
  public InetSocketAddress address() {
    return (InetSocketAddress) server.getListenSockets().getFirst();
  }

  /** Sends all workers away and stops listening. */
  @Override
  public void close() {
    server.shutdown();
    fleet.close();
    try {
      if (!server.awaitTermination(STOP_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException _) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
