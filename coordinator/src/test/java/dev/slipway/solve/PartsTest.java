package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Rights;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.AbsentLayer;
import dev.slipway.protocol.worker.LayersUnavailable;
import dev.slipway.protocol.worker.Part;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.schedule.StageRequest;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of other results workers are sent, and what happens when they do not get it. */
@Timeout(20)
class PartsTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm), TestLeases.alone(), TestLeases.nobody());

  @BeforeEach
  void copyOnTheOtherWorker() {
    farm.placement.put("copy", FakeFarm.OTHER);
  }

  @Test
  void workerWithoutTheLayersIsToldWhoMakesThePart() throws Exception {
    solve(app("/program"));

    Part part = sourceOf("copy").getPart();
    assertThat(part.getRequest().getLayerIdsList()).containsExactly("snap:compile-1");
    assertThat(part.getRequest().getSelectorsList())
        .extracting(selector -> selector.getPath())
        .containsExactly("/program");
    assertThat(part.getId()).startsWith("part:sha256:");
    assertThat(part.getPeerUrlsList())
        .containsExactly("http://worker-1:1/parts/" + part.getId().replace(":", "%3A"));
    assertThat(part.getCapability()).isEqualTo("token");
  }

  @Test
  void workerWithTheLayersIsToldOfThem() throws Exception {
    farm.placement.clear();

    solve(app("/program"));

    assertThat(sourceOf("copy").getChain().getLayersList())
        .extracting(layer -> layer.getId())
        .containsExactly("snap:compile-1");
  }

  @Test
  void allOfAFilesystemTravelsAsItsLayers() throws Exception {
    solve(app("/"));

    assertThat(sourceOf("copy").hasChain()).isTrue();
  }

  @Test
  void layersAreSentWhenThePartWasPromisedAndNotGiven() throws Exception {
    farm.starving.put(
        "copy",
        step ->
            LayersUnavailable.newBuilder()
                .addLayerIds(step.getInputs(1).getPart().getId())
                .build());

    solve(app("/program"));

    assertThat(farm.ran).containsExactly("compile", "copy");
    assertThat(inputsOf("copy"))
        .extracting(StepInput::getInputCase)
        .containsExactly(StepInput.InputCase.PART, StepInput.InputCase.CHAIN);
  }

  @Test
  void peerThatSaysItLacksALayerIsNoHolderAnyMore() throws Exception {
    farm.starving.put(
        "copy",
        _ ->
            LayersUnavailable.newBuilder()
                .addLayerIds("snap:compile-1")
                .addAbsent(
                    AbsentLayer.newBuilder()
                        .setLayerId("snap:compile-1")
                        .setPeerUrl("http://worker-1:1/layers/snap%3Acompile-1"))
                .build());

    solve(app("/program"));

    assertThat(farm.ran).containsExactly("compile", "compile", "copy");
    assertThat(holders("snap:compile-1")).isEmpty();
  }

  @Test
  void peerThatCannotBeReachedStaysAHolderAndAnotherWorkerIsTried() throws Exception {
    farm.starving.put(
        "copy", _ -> LayersUnavailable.newBuilder().addLayerIds("snap:compile-1").build());

    solve(app("/program"));

    assertThat(farm.ran).containsExactly("compile", "copy");
    assertThat(holders("snap:compile-1")).containsExactly(FakeFarm.WORKER);
    StageRequest again = farm.requests.getLast();
    assertThat(again.bytesByWorker().get(FakeFarm.OTHER))
        .isLessThan(again.bytesByWorker().get(FakeFarm.WORKER));
  }

  @Test
  void whatCannotBeHadTwiceIsMadeAgain() throws Exception {
    LayersUnavailable out = LayersUnavailable.newBuilder().addLayerIds("snap:compile-1").build();
    farm.starving.put(
        "copy",
        _ -> {
          farm.starving.put("copy", _ -> out);
          return out;
        });

    solve(app("/program"));

    assertThat(farm.ran).containsExactly("compile", "compile", "copy");
    assertThat(holders("snap:compile-1")).containsExactly(FakeFarm.WORKER);
  }

  private static Definition app(String path) {
    Graphs graphs = new Graphs();
    Vertex program = graphs.run("compile", graphs.image("jdk"));
    return graphs.definition(graphs.copy("copy", graphs.image("busybox"), program, path));
  }

  private void solve(Definition definition) throws SlipwayException, InterruptedException {
    solver.solve(new BuildContext("build", "", Rights.of(""), Progress.NONE), List.of(definition));
  }

  private Set<String> holders(String layer) {
    return farm.layers(List.of(layer)).get(layer).holders();
  }

  private StepInput sourceOf(String step) {
    return inputsOf(step).getLast();
  }

  /** The second input of each try of the step. */
  private List<StepInput> inputsOf(String name) {
    return farm.stages.stream()
        .map(RunStage::getStepsList)
        .flatMap(List::stream)
        .filter(step -> step.getName().equals(name))
        .map((Step step) -> step.getInputs(1))
        .toList();
  }
}
