package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.explain.StepObserver;
import dev.slipway.fleet.Fleet;
import dev.slipway.progress.BuildReport;
import dev.slipway.schedule.Scheduler;
import dev.slipway.telemetry.Meters;
import java.time.Clock;
import java.time.Duration;

/**
 * What every solve of the coordinator works with.
 *
 * @param observer hears how each step got its result
 * @param nested looks at what a build op is about to solve
 * @param stageTimeout longest time of a stage on a worker
 */
public record SolveParts(
    CacheIndex index,
    Scheduler scheduler,
    Fleet fleet,
    Sources sources,
    LayerReferences references,
    PublishedTrees trees,
    FarmMounts mounts,
    BuildReport report,
    StepObserver observer,
    DefinitionCheck nested,
    Meters meters,
    Duration stageTimeout,
    Clock clock) {
  /** The same with another index. */
  SolveParts with(CacheIndex other) {
    return new SolveParts(
        other,
        scheduler,
        fleet,
        sources,
        references,
        trees,
        mounts,
        report,
        observer,
        nested,
        meters,
        stageTimeout,
        clock);
  }
}
