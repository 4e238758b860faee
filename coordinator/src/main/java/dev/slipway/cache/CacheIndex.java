package dev.slipway.cache;

import java.util.Collection;
import java.util.Map;

/**
 * The cluster-wide index of results and layers. Batched: each call is a bounded number of cluster
 * round trips. @ThreadSafe
 */
public interface CacheIndex {
  /** Records of those keys that have one, whether or not their bytes are still there. */
  Map<String, CacheRecord> records(Collection<String> keys);

  /** Saves results. */
  void save(Collection<CacheRecord> records);

  /** Forgets a result. */
  void forget(String key);

  /**
   * What is known of parts of filesystems: digest by the key it was saved under, those that have
   * one.
   */
  Map<String, String> contents(Collection<String> keys);

  /** Saves digests of parts. */
  void saveContents(Map<String, String> digests);

  /**
   * What is known of the layers; unknown ones are absent. Holders that have left the farm are not
   * listed.
   */
  Map<String, LayerRecord> layers(Collection<String> ids);

  /**
   * Adds what is newly known: union of holders, known facts are kept when the new record lacks
   * them. Holders that are not in the farm (see {@link #addHolder}) are left out.
   */
  void learn(Collection<LayerRecord> layers);

  /**
   * This coordinator has a link to the worker; what it holds is learned next. When no live
   * coordinator had one to this incarnation of it, what it held before counts no more.
   */
  default void addHolder(String workerId, long incarnation) {
    addHolders(Map.of(workerId, incarnation));
  }

  /** The same for several, by their incarnations. */
  void addHolders(Map<String, Long> incarnations);

  /** The durable places do not give the layers after all. */
  void dropDurable(Collection<String> layerIds);

  /** The worker no longer holds the layers. */
  void dropHolder(String workerId, Collection<String> layerIds);

  /**
   * This coordinator's link to the worker ended. When no live coordinator has one, the worker holds
   * nothing any more.
   */
  void dropHolder(String workerId);
}
