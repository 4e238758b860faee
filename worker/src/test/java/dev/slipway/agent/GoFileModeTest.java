package dev.slipway.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GoFileModeTest {
  @Test
  void translatesKindsAndSpecialBits() {
    assertThat(GoFileMode.of(0100644)).isEqualTo(0644);
    assertThat(GoFileMode.of(0041777)).isEqualTo(1 << 31 | 1 << 20 | 0777);
    assertThat(GoFileMode.of(0104755)).isEqualTo(1 << 23 | 0755);
    assertThat(GoFileMode.of(0120777)).isEqualTo(1 << 27 | 0777);
    assertThat(GoFileMode.of(0020666)).isEqualTo(1 << 26 | 1 << 21 | 0666);
  }
}
