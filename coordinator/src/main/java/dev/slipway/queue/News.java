package dev.slipway.queue;

import dev.slipway.error.SlipwayException;

/** What the farm's queue says of one stage. */
sealed interface News {
  String stageId();

  record Assigned(String stageId, String workerId) implements News {}

  record Waiting(String stageId, int ahead, String reason) implements News {}

  record Lost(String stageId, String workerId) implements News {}

  record Failed(String stageId, SlipwayException reason) implements News {}
}
