package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RlimitBoundsTest {
  @Test
  void readsHardLimits() {
    List<String> lines =
        List.of(
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max cpu time              unlimited            unlimited            seconds   ",
            "Max open files            1024                 524288               files     ");

    assertThat(RlimitBounds.parse(lines)).containsOnlyKeys("nofile").containsEntry("nofile", 524288L);
  }
}
