package dev.slipway.gc;

import static dev.slipway.gc.Records.NOW;
import static dev.slipway.gc.Records.inUse;
import static dev.slipway.gc.Records.layer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.agent.EmptyStore;
import dev.slipway.config.GcSettings;
import dev.slipway.config.GcSettings.Space;
import dev.slipway.pattern.FieldFilter;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiskKeeperTest {
  private final FakeShelf shelf = new FakeShelf();
  private DiskKeeper keeper;

  private static GcSettings settings(boolean enabled, Space maxUsed) {
    return new GcSettings(enabled, Space.NONE, maxUsed, Space.NONE, List.of());
  }

  private DiskKeeper keeper(GcSettings settings) throws Exception {
    return new DiskKeeper(
        "worker-1",
        new EmptyStore(),
        List.of(shelf),
        shelf,
        settings,
        () -> NOW,
        new Meters(new SimpleMeterRegistry()));
  }

  @BeforeEach
  void start() throws Exception {
    keeper = keeper(settings(true, Space.ofPercent(90)));
  }

  @AfterEach
  void stop() {
    keeper.close();
  }

  @Test
  void makesRoomForAStageBeforeItRefusesOne() throws Exception {
    for (int i = 0; i < 9; i++) {
      shelf.put(layer("l" + i, 110_000, 100 - i));
    }
    assertThat(shelf.free()).isLessThan(100_000);

    assertThat(keeper.admit()).isEmpty();

    assertThat(shelf.free()).isBetween(200_000L, 320_000L);
    assertThat(shelf.records).doesNotContainKey("l0").containsKey("l8");
  }

  @Test
  void saysWhatToDoWhenTheDiskIsFullOfOtherThings() throws Exception {
    shelf.others = 950_000;
    shelf.put(inUse(layer("used", 40_000, 1)));

    assertThat(keeper.admit().orElseThrow())
        .contains("disk is full")
        .contains("make the disk larger");
    assertThat(shelf.records).containsKey("used");
  }

  @Test
  void removesNothingByItselfWhenSwitchedOff() throws Exception {
    keeper.close();
    keeper = keeper(settings(false, Space.ofPercent(1)));
    shelf.put(layer("l", 950_000, 1));

    keeper.stageEnded();

    assertThat(keeper.admit().orElseThrow()).contains("worker.oci.gc");
    assertThat(keeper.usage(FieldFilter.ALL)).hasSize(1);
  }

  @Test
  void looksAfterTheDiskSoonAfterAStage() {
    shelf.put(layer("old", 500_000, 9));
    shelf.put(layer("new", 450_000, 1));

    keeper.stageEnded();

    Awaitility.await().until(() -> !shelf.records.containsKey("old"));
    assertThat(shelf.records).containsKey("new");
  }

  @Test
  void remembersAFullDiskThatWasFreedBeforeAnybodyLooked() {
    DiskWatch.Step before = keeper.watch().step();
    shelf.others = 990_000;
    keeper.watch().look();
    shelf.others = 0;

    assertThat(before.sawFullDisk()).isTrue();
    assertThat(keeper.watch().step().sawFullDisk()).isFalse();
  }
}
