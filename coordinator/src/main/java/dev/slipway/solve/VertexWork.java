package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.graph.Vertex;
import java.util.Map;

/** What a solve knows of one of its vertices. Owned by the driver's thread. */
final class VertexWork {
  /** Where it stands. */
  enum State {
    /** Nobody asked for it, or it is a source that needs no worker. */
    IDLE,
    /** It has to run. */
    WAITING,
    /** A stage of this build has it. */
    RUNNING,
    /** Another build runs it. */
    ELSEWHERE,
    /** Its results are known. */
    DONE
  }

  final Vertex vertex;
  final String key;

  /** Whether an old result may be used. */
  final boolean reusable;

  State state = State.IDLE;
  Map<Integer, LayerChain> results = Map.of();
  int attempts;

  VertexWork(Vertex vertex, String key, boolean reusable) {
    this.vertex = vertex;
    this.key = key;
    this.reusable = reusable;
  }

  void done(Map<Integer, LayerChain> newResults) {
    results = newResults;
    state = State.DONE;
  }
}
