package dev.slipway.fileops;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.snapshot.SnapshotStore;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Carries out file ops on the layers of a store. @ThreadSafe */
public final class FileOps {
  private final SnapshotStore store;

  /** For ids of new layers: {@code snap:<random>}. */
  private final Supplier<String> ids;

  public FileOps(SnapshotStore store, Supplier<String> ids) {
    this.store = store;
    this.ids = ids;
  }

  /**
   * Runs the actions in order and commits what they made.
   *
   * @param inputs the chain of each input of the vertex, by index; all layers must be here
   * @return the chain of each output, by output index
   * @throws SlipwayException the message is the one a client gets for the failed action
   */
  public Map<Integer, List<String>> run(Op.File op, List<List<String>> inputs) throws SlipwayException, InterruptedException {
    throw new SlipwayException(dev.slipway.error.ErrorKind.UNSUPPORTED, "file ops are not supported yet");
  }
}
