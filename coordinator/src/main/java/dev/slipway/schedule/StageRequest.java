package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Map;

/**
 * A stage that is ready to run: all its inputs exist.
 *
 * @param stageId unique
 * @param buildId stages of one build share its turn in the queue
 * @param tenant builds of one tenant share its turn
 * @param inputBytes layer id to size in bytes, of all layers the stage reads; 0 = unknown
 */
public record StageRequest(String stageId, String buildId, String tenant, Platform platform, Map<String, Long> inputBytes) {
  public StageRequest {
    inputBytes = Map.copyOf(inputBytes);
  }
}
