package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.progress.MovedBytes;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.StageOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the driver of a build's solve reacts to. */
sealed interface SolveEvent {
  /** A step of a running stage has its results. */
  record StepDone(
      StageRun run,
      Digest vertex,
      Map<Integer, LayerChain> results,
      Map<Integer, String> contents,
      List<HeldMount> mounts,
      MovedBytes moved,
      Duration cost)
      implements SolveEvent {}

  /** A worker was asked what is in a part of a result; empty when it could not tell. */
  record PartDigested(String partId, Optional<String> digest) implements SolveEvent {}

  /** The stage has the locks of its cache mounts and can be placed. */
  record LocksTaken(StageRun run) implements SolveEvent {}

  /** A stage ended on its worker. */
  record StageEnded(StageRun run, StageOutcome outcome) implements SolveEvent {}

  /** The worker of the stage is gone. */
  record StageLost(StageRun run, String workerId) implements SolveEvent {}

  /** The stage cannot be placed. */
  record StageUnplaceable(StageRun run, SlipwayException reason) implements SolveEvent {}

  /** A build op has the result of its definition. */
  record NestedDone(Digest vertex, LayerChain result) implements SolveEvent {}

  /** A build op's definition could not be read, or one of its steps failed. */
  record NestedFailed(Digest vertex, SlipwayException reason) implements SolveEvent {}

  /** Another build's step, that this one waited for, ended. */
  record FlightEnded(Digest vertex, Flight.Outcome outcome) implements SolveEvent {}
}
