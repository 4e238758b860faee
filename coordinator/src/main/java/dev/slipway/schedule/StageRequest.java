package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Map;

/**
 * A stage that is ready to run: all its inputs exist.
 *
 * @param stageId unique
 * @param buildId stages of one build share its turn in the queue
 * @param tenant builds of one tenant share its turn
 * @param priority of the build among its tenant's, higher first
 * @param bytesByWorker worker id to bytes of the stage's inputs that it holds already; a worker
 *     that holds none may be absent, one below zero is the last choice
 * @param again steps of it had a place before and lost it with their worker: no bound turns them
 *     away in the middle of their build
 */
public record StageRequest(
    String stageId,
    String buildId,
    String tenant,
    int priority,
    Demand demand,
    Map<String, Long> bytesByWorker,
    boolean again) {
  public StageRequest {
    bytesByWorker = Map.copyOf(bytesByWorker);
  }

  /** A stage of ordinary priority that any worker of the platform may have. */
  public StageRequest(
      String stageId,
      String buildId,
      String tenant,
      Platform platform,
      Map<String, Long> bytesByWorker) {
    this(stageId, buildId, tenant, 0, Demand.of(platform), bytesByWorker, false);
  }
}
