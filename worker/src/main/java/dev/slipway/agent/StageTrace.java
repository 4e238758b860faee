package dev.slipway.agent;

import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.Step;
import dev.slipway.tracing.Trace;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The spans of one stage at its worker, from what it reports: one for each step that began here,
 * from its start to its end. @ThreadSafe
 */
final class StageTrace implements AutoCloseable {
  private final Trace stage;
  private final Map<String, String> names;
  private final Map<String, Trace> steps = new ConcurrentHashMap<>();

  /**
   * @param caller what the stage is a part of
   */
  StageTrace(RunStage stage, Trace caller) {
    this.stage = caller.child("stage at its worker").with("stage", stage.getStageId());
    this.names =
        stage.getStepsList().stream()
            .collect(Collectors.toMap(Step::getVertex, Step::getName, (first, _) -> first));
  }

  String id() {
    return stage.id();
  }

  void saw(StageEvent event) {
    String vertex = event.getVertex();
    switch (event.getEventCase()) {
      case STARTED ->
          steps.computeIfAbsent(
              vertex,
              _ ->
                  stage
                      .child("step")
                      .with("vertex", vertex)
                      .with("name", names.getOrDefault(vertex, "")));
      case DONE -> {
        Trace step = steps.remove(vertex);
        if (step != null) {
          step.close();
        }
      }
      case LOG, STATUS, EVENT_NOT_SET -> {}
    }
  }

  void failed(String outcome) {
    stage.fail(outcome);
    steps.values().forEach(step -> step.fail(outcome));
  }

  /** What has begun and not ended ends with the stage. */
  @Override
  public void close() {
    steps.values().forEach(Trace::close);
    stage.close();
  }
}
