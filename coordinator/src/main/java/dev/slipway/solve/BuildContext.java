package dev.slipway.solve;

import dev.slipway.progress.Progress;
import dev.slipway.schedule.Standing;

/**
 * On whose behalf something is solved.
 *
 * @param buildId the client's ref
 * @param sessionId session of the client; empty = none
 * @param standing what the build brings to the queue
 */
public record BuildContext(String buildId, String sessionId, Standing standing, Progress progress) {
  /** Of a tenant's ordinary build. */
  public BuildContext(String buildId, String sessionId, String tenant, Progress progress) {
    this(buildId, sessionId, Standing.of(tenant), progress);
  }

  /** Whose trust domain and turn it is. */
  public String tenant() {
    return standing.tenant();
  }

  /** The same build, with another standing. */
  public BuildContext with(Standing other) {
    return new BuildContext(buildId, sessionId, other, progress);
  }
}
