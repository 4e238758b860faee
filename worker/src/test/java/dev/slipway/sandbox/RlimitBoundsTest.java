package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.ExecMeta;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RlimitBoundsTest {
  @Test
  void readsHardLimits() {
    List<String> lines =
        List.of(
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max cpu time              unlimited            unlimited            seconds   ",
            "Max open files            1024                 524288               files     ");

    assertThat(RlimitBounds.parse(lines))
        .containsOnlyKeys("nofile")
        .containsEntry("nofile", 524288L);
  }

  @Test
  void everyStepHasALimitOfProcesses() {
    Map<String, Long> bounds = Map.of("nproc", 8192L);

    assertThat(RlimitBounds.clamp(List.of(), bounds))
        .containsExactly(new ExecMeta.Ulimit("nproc", 8192, 8192));
    assertThat(RlimitBounds.clamp(List.of(new ExecMeta.Ulimit("nproc", -1, -1)), bounds))
        .containsExactly(new ExecMeta.Ulimit("nproc", 8192, 8192));
    assertThat(RlimitBounds.clamp(List.of(new ExecMeta.Ulimit("nproc", 10, 20)), bounds))
        .containsExactly(new ExecMeta.Ulimit("nproc", 10, 20));
  }
}
