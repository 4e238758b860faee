package dev.slipway.gc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.GcSettings;
import dev.slipway.config.GcSettings.Space;
import dev.slipway.pattern.FieldFilter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTest {
  private static final long GB = 1_000_000_000;

  @ParameterizedTest(name = "reserved {0}, most {1}, free {2}; {3} used, {4} free: {5} go")
  @CsvSource({
    "0, 10, 0, 8, 100, 0",
    "0, 10, 0, 12, 100, 2",
    "5, 0, 0, 12, 100, 7",
    "0, 0, 20, 12, 15, 5",
    "0, 0, 20, 12, 25, 0",
    "9, 0, 20, 12, 15, 3",
    "9, 10, 20, 12, 0, 3",
    "0, 10, 20, 12, 15, 5",
    "0, 10, 20, 12, 19, 2",
    "0, 0, 90, 12, 15, 12",
    "20, 10, 90, 12, 15, 0"
  })
  void saysHowMuchHasToGo(
      long reserved, long maxUsed, long minFree, long used, long free, long excess) {
    Policy policy =
        new Policy(FieldFilter.ALL, false, Duration.ZERO, reserved, maxUsed, minFree, false);

    assertThat(policy.excess(used, free)).isEqualTo(excess);
  }

  @Test
  void withoutABoundEverythingGoes() {
    Policy policy = new Policy(FieldFilter.ALL, true, Duration.ZERO, 0, 0, 0, false);

    assertThat(policy.excess(1, 1L << 40)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void defaultsFollowTheDisk() throws Exception {
    List<Policy> policies = Policy.of(GcSettings.DEFAULT, 50 * GB);

    Policy last = policies.getLast();
    assertThat(last.all()).isTrue();
    assertThat(last.reserved()).isEqualTo(5 * GB);
    assertThat(last.maxUsed()).isEqualTo(40 * GB);
    assertThat(last.minFree()).isEqualTo(10 * GB);
    assertThat(policies.getFirst().keepDuration()).isEqualTo(Duration.ofHours(48));
    assertThat(policies.getFirst().maxUsed()).isEqualTo(512_000_000);
  }

  @Test
  void defaultsAreBoundedOnALargeDisk() throws Exception {
    Policy last = Policy.of(GcSettings.DEFAULT, 4000 * GB).getLast();

    assertThat(last.reserved()).isEqualTo(10 * GB);
    assertThat(last.maxUsed()).isEqualTo(100 * GB);
    assertThat(last.minFree()).isEqualTo(800 * GB);
  }

  @Test
  void oneSizeSaidLeavesTheOthersUnsaid() throws Exception {
    GcSettings settings =
        new GcSettings(true, Space.NONE, Space.ofPercent(10), Space.NONE, List.of());

    Policy last = Policy.of(settings, 50 * GB).getLast();

    assertThat(last.maxUsed()).isEqualTo(5 * GB);
    assertThat(last.reserved()).isZero();
    assertThat(last.minFree()).isZero();
  }
}
