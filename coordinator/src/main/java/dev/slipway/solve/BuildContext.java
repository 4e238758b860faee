package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.policy.BuildPolicy;
import dev.slipway.progress.Progress;
import dev.slipway.schedule.Standing;
import dev.slipway.tracing.Trace;

/**
 * On whose behalf something is solved.
 *
 * @param buildId the client's ref
 * @param sessionId session of the client; empty = none
 * @param rights what it may do
 * @param standing what the build brings to the queue
 * @param pulls what its client was seen to get from registries
 * @param policy what its sources have to pass
 * @param trace the build's span
 */
public record BuildContext(
    String buildId,
    String sessionId,
    Rights rights,
    Standing standing,
    ProvenPulls pulls,
    BuildPolicy policy,
    Progress progress,
    Trace trace) {
  public BuildContext {
    if (!rights.tenant().equals(standing.tenant())) {
      throw new IllegalArgumentException(
          "rights of " + rights.tenant() + " and a place in the queue of " + standing.tenant());
    }
  }

  /** Of a client's ordinary build. */
  public static BuildContext of(
      String buildId, String sessionId, Rights rights, Progress progress, Trace trace) {
    return new BuildContext(
        buildId,
        sessionId,
        rights,
        Standing.of(rights.tenant()),
        new ProvenPulls(),
        BuildPolicy.NONE,
        progress,
        trace);
  }

  /** The same without a trace. */
  public BuildContext(String buildId, String sessionId, Rights rights, Progress progress) {
    this(
        buildId,
        sessionId,
        rights,
        Standing.of(rights.tenant()),
        new ProvenPulls(),
        BuildPolicy.NONE,
        progress,
        Trace.OFF);
  }

  /** Whose turn it is. */
  public String tenant() {
    return standing.tenant();
  }

  /**
   * The same build, with another standing. @throws SlipwayException DENIED when its client may not
   * be that tenant
   */
  public BuildContext with(Standing other) throws SlipwayException {
    return new BuildContext(
        buildId, sessionId, rights.as(other.tenant()), other, pulls, policy, progress, trace);
  }

  /** The same build, its sources under a policy. */
  public BuildContext with(BuildPolicy other) {
    return new BuildContext(buildId, sessionId, rights, standing, pulls, other, progress, trace);
  }
}
