package dev.slipway.routing;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMembers;
import dev.slipway.config.ClusterSettings;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import dev.slipway.coordination.Quorum;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A coordinator of which only the cluster and the servers are real. */
final class Site implements AutoCloseable {
  final AtomicInteger forwarded = new AtomicInteger();
  final Cluster cluster;
  final Coordinators coordinators;
  final ToyServices services;
  final ManagedChannel client;
  private final Quorum quorum;
  private final CallRouting routing;
  private final Server inner;
  private final Server outer;

  Site(String name, ClusterSettings settings) throws Exception {
    services = new ToyServices(name);
    cluster = ClusterMembers.start(settings);
    coordinators = Coordinators.start(cluster, "token", Optional.empty());
    quorum = Quorum.start(cluster, settings.size());
    routing = new CallRouting(cluster, coordinators, quorum, forwarded::incrementAndGet);
    inner = serve(routing.forCoordinators(services.all()));
    outer = serve(routing.forClients(services.all()));
    client = NettyChannelBuilder.forAddress("127.0.0.1", outer.getPort()).usePlaintext().build();
    coordinators.announce(
        new CoordinatorRecord(
            cluster.self(),
            "127.0.0.1:" + inner.getPort(),
            List.of("tcp://127.0.0.1:" + outer.getPort()),
            "127.0.0.1:1",
            Instant.EPOCH));
  }

  private static Server serve(List<ServerServiceDefinition> services) throws Exception {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    services.forEach(builder::addService);
    return builder.build().start();
  }

  /** Ends like a process that is killed: nobody says goodbye, connections break. */
  void die() {
    inner.shutdownNow();
    outer.shutdownNow();
    client.shutdownNow();
    routing.close();
    quorum.close();
    coordinators.close();
    cluster.close();
  }

  @Override
  public void close() {
    die();
  }
}
