package dev.slipway;

import dev.slipway.certificates.ServerTls;
import dev.slipway.cluster.Cluster;
import dev.slipway.control.BuildJobs;
import dev.slipway.coordination.Quorum;
import dev.slipway.registry.RegistryClient;
import dev.slipway.session.SessionRegistry;
import dev.slipway.telemetry.BuildMetric;
import dev.slipway.telemetry.ClusterMetric;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** What a coordinator's parts can be asked at any time. */
final class CoordinatorGauges {
  private CoordinatorGauges() {}

  static void bind(
      Meters meters,
      Cluster cluster,
      int clusterSize,
      Quorum quorum,
      SessionRegistry sessions,
      BuildJobs jobs) {
    cluster.measure(meters);
    meters.gauge(ClusterMetric.SIZE, () -> clusterSize);
    meters.gauge(ClusterMetric.QUORUM, () -> quorum.refusal().isEmpty() ? 1 : 0);
    meters.gauge(ClusterMetric.SESSIONS, sessions::count);
    meters.counter(ClusterMetric.SESSIONS_OPENED, sessions::opened);
    meters.gauge(BuildMetric.BUILDS_RUNNING, jobs::running);
    meters.counter(TransferMetric.REGISTRY_RETRIES, RegistryClient::retries);
  }

  static void certificate(Meters meters, Optional<Supplier<ServerTls>> tls, Clock clock) {
    meters.gauge(
        ClusterMetric.CERTIFICATE_SECONDS,
        () ->
            tls.map(shown -> shown.get().identity().expires())
                .map(end -> Duration.between(clock.instant(), end).toSeconds())
                .map(Long::doubleValue)
                .orElse(Double.POSITIVE_INFINITY));
  }
}
