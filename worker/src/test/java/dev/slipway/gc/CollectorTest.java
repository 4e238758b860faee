package dev.slipway.gc;

import static dev.slipway.gc.Records.NOW;
import static dev.slipway.gc.Records.layer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.pattern.FieldFilter;
import dev.slipway.telemetry.DiskMetric.Reason;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CollectorTest {
  private final FakeShelf shelf = new FakeShelf();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Collector collector =
      new Collector(List.of(shelf), shelf, () -> NOW, new Meters(meters));
  private final List<String> heard = new ArrayList<>();

  private static Policy atMost(long bytes) {
    return new Policy(FieldFilter.ALL, true, Duration.ZERO, 0, bytes, 0, false);
  }

  @Test
  void stopsAsSoonAsTheBoundIsKept() throws Exception {
    for (int i = 0; i < 10; i++) {
      shelf.put(layer("l" + i, 100, 100 - i));
    }
    collector.onRemoved(gone -> gone.forEach(record -> heard.add(record.id())));

    List<DiskRecord> gone = collector.collect(List.of(atMost(750)), Reason.POLICY);

    assertThat(gone).extracting(DiskRecord::id).containsExactly("l0", "l1", "l2");
    assertThat(heard).containsExactly("l0", "l1", "l2");
    assertThat(shelf.records).hasSize(7);
    assertThat(meters.get("slipway.disk.collected.bytes").tag("reason", "policy").counter().count())
        .isEqualTo(300);
  }

  @Test
  void goesOnWithTheNextWhenOneIsTakenIntoUseMeanwhile() throws Exception {
    for (int i = 0; i < 10; i++) {
      shelf.put(layer("l" + i, 100, 100 - i));
    }
    shelf.lately.add("l1");

    List<DiskRecord> gone = collector.collect(List.of(atMost(800)), Reason.PRUNE);

    assertThat(gone).extracting(DiskRecord::id).containsExactly("l0", "l2");
  }

  @Test
  void removesABoundedNumberAtATime() throws Exception {
    for (int i = 0; i < 300; i++) {
      shelf.put(layer("l" + i, 1, i));
    }

    collector.collect(
        List.of(new Policy(FieldFilter.ALL, true, Duration.ZERO, 0, 0, 0, false)), Reason.PRUNE);

    assertThat(shelf.records).isEmpty();
    assertThat(shelf.steps).allMatch(step -> step <= 64);
  }

  @Test
  void doesNothingWhileTheDiskIsAsItShouldBe() throws Exception {
    shelf.put(layer("l", 100, 100));

    assertThat(collector.collect(List.of(atMost(100)), Reason.POLICY)).isEmpty();
  }
}
