package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadinessTest {
  @Test
  void knowsTheInitialUserNamespace() {
    assertThat(Readiness.isInitial(Readiness.idMap("         0          0 4294967295\n"))).isTrue();
    assertThat(Readiness.isInitial(Readiness.idMap("0 1001 1\n1 100000 65536\n"))).isFalse();
  }
}
