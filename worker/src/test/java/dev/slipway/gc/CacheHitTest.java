package dev.slipway.gc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.GcSettings;
import dev.slipway.snapshot.LayerUsage;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheHitTest {
  @TempDir Path directory;
  private Instant now = Instant.parse("2026-11-23T12:00:00Z");

  /** Else the cache of an image that is built daily and never changes would go as the oldest. */
  @Test
  void aLayerThatABuildFoundInTheCacheCountsAsUsed() throws Exception {
    MountNamespace.assume(directory);
    try (SnapshotStore store = OverlaySnapshots.open(directory.resolve("store"), () -> now)) {
      try (MountedRoot root = store.mount(List.of(), true)) {
        root.commit("snap:1");
      }
      FakeShelf shelf = new FakeShelf();
      try (DiskKeeper keeper =
          new DiskKeeper(
              "worker-1",
              store,
              List.of(shelf),
              shelf,
              GcSettings.DEFAULT,
              () -> now,
              new Meters(new SimpleMeterRegistry()))) {
        now = now.plus(Duration.ofDays(3));

        keeper.found(keeper.holds().link(), "build", List.of("snap:1", "snap:elsewhere"));

        assertThat(store.usage()).singleElement().extracting(LayerUsage::lastUsedAt).isEqualTo(now);
      }
    }
  }
}
