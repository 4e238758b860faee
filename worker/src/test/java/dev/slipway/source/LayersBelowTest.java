package dev.slipway.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.oci.ChainId;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayersBelowTest {
  private static final Digest A = Digest.ofText("a");
  private static final Digest B = Digest.ofText("b");
  private static final Digest C = Digest.ofText("c");

  private final LayersBelow below = new LayersBelow();

  @Test
  void putsAStepsLayerOverAllBeforeIt() {
    below.of(image(A));

    assertThat(below.of(step("snap:1"))).containsExactly(image(A).getId());
  }

  @Test
  void putsAnImagesLayersOverEachOther() {
    below.of(image(A));
    below.of(image(A, B));

    assertThat(below.of(image(A, B, C))).containsExactly(image(A).getId(), image(A, B).getId());
  }

  @Test
  void putsAnImageInTheMiddleOfAMergeOverNothingElse() {
    below.of(image(C));
    below.of(step("snap:1"));

    assertThat(below.of(image(A))).isEmpty();
    assertThat(below.of(image(A, B))).containsExactly(image(A).getId());
  }

  private static Layer step(String id) {
    return Layer.newBuilder().setId(id).build();
  }

  private static Layer image(Digest... diffIds) {
    return Layer.newBuilder()
        .setId("chain:" + ChainId.of(List.of(diffIds)).getLast().value())
        .setDiffId(diffIds[diffIds.length - 1].value())
        .build();
  }
}
