package dev.slipway.solve;

import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.graph.Vertex;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

  /** Inputs that are read through these paths only, by index; clients' directories are not here. */
  final Map<Integer, List<PathSelector>> selected;

  State state = State.IDLE;

  /**
   * The key that stands for the result in keys of what builds on it, see {@link CacheRecord}; empty
   * while it is not known, and for ever when an old result may not be used.
   */
  String canonical;

  Map<Integer, LayerChain> results = Map.of();
  int attempts;

  /** A source; its key is made of what it is. */
  VertexWork(Vertex vertex, String key) {
    this(vertex, key, true, Map.of());
    this.canonical = key;
  }

  VertexWork(
      Vertex vertex, String key, boolean reusable, Map<Integer, List<PathSelector>> selected) {
    this.vertex = vertex;
    this.key = key;
    this.reusable = reusable;
    this.selected = Map.copyOf(selected);
    this.canonical = "";
  }

  /**
   * The results as the cache keeps them: under the vertex's own key and under the canonical one.
   *
   * @param tenant whose build made them
   */
  List<CacheRecord> records(Duration cost, Instant now, String tenant) {
    String lasting = canonical.isEmpty() ? key : canonical;
    CacheRecord record = new CacheRecord(key, lasting, results, cost, now, tenant);
    return lasting.equals(key) ? List.of(record) : List.of(record, record.under(lasting));
  }

  void done(Map<Integer, LayerChain> newResults, String canonicalKey) {
    results = newResults;
    canonical = canonicalKey;
    state = State.DONE;
  }
}
