package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.COORDINATOR;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.gauge;

/** The cluster of coordinators and the clients linked to them. */
@Theme("Coordinators and sessions")
public enum ClusterMetric implements Metric {
  MEMBERS(
      gauge(
          "slipway.cluster.members",
          COORDINATOR,
          "Coordinators that this one sees, itself among them.")),
  SIZE(gauge("slipway.cluster.size", COORDINATOR, "Coordinators that the farm should have.")),
  QUORUM(
      gauge(
          "slipway.cluster.quorum",
          COORDINATOR,
          "1 while this coordinator takes builds, 0 while it sees too few others.")),
  SAFE(
      gauge(
          "slipway.cluster.safe",
          COORDINATOR,
          "1 when each entry of the shared maps that this coordinator has is on another one too; always 1 alone.")),
  MAP_ENTRIES(
      gauge(
          "slipway.cluster.map.entries",
          COORDINATOR,
          "Entries of a shared map that this coordinator owns; the sum over all is the map.",
          Label.MAP)),
  MAP_BYTES(gauge("slipway.cluster.map.bytes", COORDINATOR, "Memory of these entries.", Label.MAP)),
  CALLS_FORWARDED(
      counter(
          "slipway.calls.forwarded",
          COORDINATOR,
          "Calls of clients passed on to the coordinator that owns their build.")),
  CALLS_REFUSED(
      counter(
          "slipway.calls.refused",
          COORDINATOR,
          "Calls turned away because their maker is not known or not let in.")),
  CERTIFICATE_SECONDS(
      gauge(
          "slipway.certificate.expiry.seconds",
          COORDINATOR,
          "Time until the certificate that clients are shown ends; +Inf without TLS.")),
  SESSIONS(gauge("slipway.sessions", COORDINATOR, "Client sessions open.")),
  SESSIONS_OPENED(counter("slipway.sessions.opened", COORDINATOR, "Client sessions opened."));

  private final Declaration declaration;

  ClusterMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
