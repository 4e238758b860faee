package dev.slipway.solve;

import dev.slipway.progress.Progress;

/**
 * On whose behalf something is solved.
 *
 * @param buildId the client's ref
 * @param sessionId session of the client; empty = none
 * @param tenant name that shares a turn in the queue
 */
public record BuildContext(String buildId, String sessionId, String tenant, Progress progress) {}
