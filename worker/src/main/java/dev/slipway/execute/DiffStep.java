package dev.slipway.execute;

import dev.slipway.diff.ChainDifference;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.linux.DiskFull;
import dev.slipway.snapshot.DiffSize;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.RootAttributes;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes a layer of what one filesystem has against another. @ThreadSafe */
final class DiffStep {
  private final SnapshotStore store;
  private final Supplier<String> layerIds;
  private final Consumer<StoredLayer> made;

  DiffStep(SnapshotStore store, Supplier<String> layerIds, Consumer<StoredLayer> made) {
    this.store = store;
    this.layerIds = layerIds;
    this.made = made;
  }

  /**
   * Returns output 0: one layer, or none when the two are the same.
   *
   * @param inputs the chain of each input of the vertex, by index; all layers must be here
   */
  Map<Integer, List<String>> run(Op.Diff op, List<List<String>> inputs)
      throws SlipwayException, InterruptedException {
    String id = layerIds.get();
    try (MountedRoot lower = store.mount(chain(op.lower(), inputs), false);
        MountedRoot upper = store.mount(chain(op.upper(), inputs), false);
        LayerWriter writer = store.prepare(id, List.of())) {
      if (!ChainDifference.write(lower.path(), upper.path(), writer.directory())) {
        return Map.of(0, List.of());
      }
      writer.root(RootAttributes.of(upper.path()));
      made.accept(writer.commit(DiffSize.of(writer.directory())));
      return Map.of(0, List.of(id));
    } catch (InterruptedIOException e) {
      throw new InterruptedException(e.getMessage());
    } catch (IOException e) {
      throw new SlipwayException(
          DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
          "comparison of two filesystems failed: " + e.getMessage(),
          e);
    }
  }

  private static List<String> chain(int input, List<List<String>> inputs) {
    return input < 0 ? List.of() : inputs.get(input);
  }
}
