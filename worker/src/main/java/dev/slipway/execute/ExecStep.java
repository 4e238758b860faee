package dev.slipway.execute;

import dev.slipway.error.SlipwayException;
import dev.slipway.gc.DiskWatch;
import dev.slipway.graph.Op;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.sandbox.ExecExit;
import dev.slipway.sandbox.ExecOutput;
import dev.slipway.sandbox.ExecSpec;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.WorkerMetric;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs exec ops. LLB: pb.ExecOp. @ThreadSafe */
final class ExecStep {
  private final ExecPreparation preparation;
  private final Sandbox sandbox;
  private final Supplier<String> layerIds;
  private final DiskWatch disk;
  private final Meters meters;
  private final Consumer<StoredLayer> made;

  ExecStep(
      SnapshotStore store,
      CacheMounts cacheMounts,
      Sandbox sandbox,
      Supplier<String> layerIds,
      DiskWatch disk,
      Meters meters,
      Consumer<StoredLayer> made) {
    this.preparation = new ExecPreparation(store, cacheMounts, sandbox.scratch());
    this.sandbox = sandbox;
    this.layerIds = layerIds;
    this.disk = disk;
    this.meters = meters;
    this.made = made;
  }

  /** What brings about the mounts of its processes. */
  ExecPreparation preparation() {
    return preparation;
  }

  /** Runs it and returns the chain of each output. */
  Map<Integer, List<String>> run(Op.Exec op, StepContext context)
      throws SlipwayException, InterruptedException {
    String command = QuotedArguments.of(op.meta().arguments());
    try (PreparedExec prepared = preparation.prepare(op, context)) {
      try {
        run(op, context, prepared, command);
      } catch (StepFailedException e) {
        throw context.keepsFailures() ? e.leaving(prepared.left(this::commit)) : e;
      }
      return prepared.outputs(this::commit);
    }
  }

  private void run(Op.Exec op, StepContext context, PreparedExec prepared, String command)
      throws SlipwayException, InterruptedException {
    ExecExit exit = runProcess(prepared.spec(), context.output(), command);
    // What the process wrote is still there, and goes when it failed.
    disk.look();
    prepared.finishCaches().forEach(context.used());
    switch (exit) {
      case ExecExit.TimedOut() ->
          throw StepFailedException.timedOut(
              "process " + command + " did not complete successfully: context deadline exceeded");
      case ExecExit.Exited(int code) -> {
        if (!op.meta().validExitCodes().contains(code)) {
          throw new StepFailedException(
              "process " + command + " did not complete successfully: exit code: " + code, code);
        }
      }
    }
  }

  private ExecExit runProcess(ExecSpec spec, ExecOutput output, String command)
      throws SlipwayException, InterruptedException {
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.EXECUTING)) {
      return sandbox.run(spec, output);
    } catch (SlipwayException e) {
      throw switch (e.kind()) {
        case INVALID, NOT_FOUND, UNSUPPORTED, DENIED ->
            new StepFailedException(
                "process " + command + " did not complete successfully: " + e.getMessage(), e);
        case CONFLICT, UNAVAILABLE, EXHAUSTED, CANCELLED, INTERNAL -> e;
      };
    }
  }

  private StoredLayer commit(MountedRoot root) throws SlipwayException {
    StoredLayer layer;
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.DIFFING)) {
      layer = root.commit(layerIds.get());
    }
    made.accept(layer);
    return layer;
  }
}
