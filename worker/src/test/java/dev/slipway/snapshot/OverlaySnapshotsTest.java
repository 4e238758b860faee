package dev.slipway.snapshot;

import java.nio.file.Path;

class OverlaySnapshotsTest extends SnapshotStoreContract {
  @Override
  SnapshotStore open(Path root) throws Exception {
    return OverlaySnapshots.open(root, clock);
  }
}
