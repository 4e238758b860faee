package dev.slipway.fleet;

import java.time.Duration;

/**
 * What a worker said in its last heartbeat.
 *
 * @param freeBytes free space for layers on its disk, 0 = not said yet
 * @param silence time since it said anything
 * @param draining whether it takes no stage any more and leaves
 */
public record WorkerStatus(int runningStages, long freeBytes, Duration silence, boolean draining) {}
