package dev.slipway.agent;

import dev.slipway.execute.StageExecutor;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.tracing.Tracing;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What does the worker's work, for all coordinators that ask.
 *
 * @param stageSlots stages at once, whoever sent them
 * @param stagesRun stages that ended since the start
 * @param pulse runs what happens every now and then; must not be held up
 */
record Work(
    StageExecutor executor,
    LayerPusher pusher,
    PathReader reader,
    Questions questions,
    Inventory inventory,
    DiskKeeper disk,
    Path root,
    Slots stageSlots,
    AtomicLong stagesRun,
    Tracing tracing,
    ScheduledExecutorService pulse) {}
