package dev.slipway.agent;

import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.Holds;
import dev.slipway.protocol.worker.Cancelled;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.Refused;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs a stage with room on the disk before it and its layers held while it lasts. */
final class StageOnDisk {
  private StageOnDisk() {}

  /** What runs the stage and reports to the consumer. */
  interface Body {
    StageOutcome run(Consumer<StageEvent> events);
  }

  static StageOutcome run(
      RunStage stage, DiskKeeper disk, Holds.Link holds, Body body, Consumer<StageEvent> events) {
    try (Holds.Stage held = holds.stage(stage.getBuildId(), inputs(stage))) {
      Optional<String> refusal = disk.admit();
      if (refusal.isPresent()) {
        return refused(stage, refusal.get());
      }
      return body.run(event -> {
        if (event.hasDone()) {
          held.made(results(event));
        }
        events.accept(event);
      });
    } catch (InterruptedException _) {
      return StageOutcome.newBuilder()
          .setStageId(stage.getStageId())
          .setCancelled(Cancelled.getDefaultInstance())
          .build();
    } finally {
      disk.stageEnded();
    }
  }

  static StageOutcome refused(RunStage stage, String reason) {
    return StageOutcome.newBuilder()
        .setStageId(stage.getStageId())
        .setRefused(Refused.newBuilder().setReason(reason))
        .build();
  }

  private static List<String> inputs(RunStage stage) {
    return stage.getStepsList().stream().flatMap(step -> inputs(step).stream()).toList();
  }

  /** The layers and parts that the step's inputs bring with them. */
  static List<String> inputs(Step step) {
    List<String> ids = new ArrayList<>();
    for (StepInput input : step.getInputsList()) {
      switch (input.getInputCase()) {
        case CHAIN -> input.getChain().getLayersList().stream().map(Layer::getId).forEach(ids::add);
        case PART -> ids.add(input.getPart().getId());
        case PREVIOUS, INPUT_NOT_SET -> {}
      }
    }
    return ids;
  }

  private static List<String> results(StageEvent event) {
    return event.getDone().getResultsList().stream()
        .map(StepResult::getChainList)
        .flatMap(List::stream)
        .map(HeldLayer::getLayerId)
        .toList();
  }
}
