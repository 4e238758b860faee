package dev.slipway.routing;

import dev.slipway.cluster.Cluster;
import dev.slipway.coordination.Coordinators;
import dev.slipway.coordination.Quorum;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.util.List;

/** Puts BuildKit's services of one coordinator behind the rules of the cluster. @ThreadSafe */
public final class CallRouting implements AutoCloseable {
  private final Owners owners;
  private final ClaimedCalls claimed;
  private final RoutedCalls routed;
  private final QuorumGate gate;

  /**
   * @param forwarded told of each call that is passed on to another coordinator
   */
  public CallRouting(
      Cluster cluster, Coordinators coordinators, Quorum quorum, Runnable forwarded) {
    this.owners = new Owners(cluster, coordinators);
    this.claimed = new ClaimedCalls(owners);
    this.routed = new RoutedCalls(owners, coordinators, forwarded);
    this.gate = new QuorumGate(quorum);
  }

  /** The services for clients: calls of what another coordinator owns are passed on to it. */
  public List<ServerServiceDefinition> forClients(List<ServerServiceDefinition> services) {
    return services.stream()
        .map(service -> ServerInterceptors.intercept(service, claimed, routed, gate))
        .toList();
  }

  /** The services for calls that another coordinator passed on: they stay here. */
  public List<ServerServiceDefinition> forCoordinators(List<ServerServiceDefinition> services) {
    return services.stream()
        .map(service -> ServerInterceptors.intercept(service, claimed, gate))
        .toList();
  }

  @Override
  public void close() {
    owners.close();
  }
}
