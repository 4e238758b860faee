package dev.slipway.telemetry;

/**
 * A metric of Slipway's, by theme. Whatever is measured is a constant of one of these; {@link
 * Catalogue} has them all.
 */
public sealed interface Metric
    permits BuildMetric,
        BuildkitMetric,
        QueueMetric,
        CacheMetric,
        ClusterMetric,
        WorkerMetric,
        TransferMetric,
        DiskMetric,
        ProcessMetric {
  /** Name, help and labels. */
  Declaration declaration();
}
