package dev.slipway.cache;

import dev.slipway.oci.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An index in which somebody reads everybody's results, while those that he saves are found by him
 * only. Facts about layers and files, which are true whoever says them, are
 * everybody's. @ThreadSafe
 */
public final class ApartIndex implements CacheIndex {
  private final CacheIndex all;
  private final String owner;

  /**
   * @param owner whose results are found by nobody else
   */
  public ApartIndex(CacheIndex all, String owner) {
    this.all = all;
    this.owner = owner;
  }

  /** The key under which the owner has a result of his own in place of that one's. */
  public static String key(String owner, String key) {
    MessageDigest hash = Digest.sha256();
    for (String field : List.of("slipway.apart.v1", owner, key)) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      hash.update(bytes);
    }
    return Digest.ofHash(hash.digest()).value();
  }

  /**
   * His own come first: one of everybody's may point at bytes that are gone, and he cannot mend it.
   */
  @Override
  public Map<String, CacheRecord> records(Collection<String> keys) {
    Map<String, String> own = new HashMap<>();
    keys.forEach(key -> own.put(key, key(owner, key)));
    List<String> asked = new ArrayList<>(keys);
    asked.addAll(own.values());
    Map<String, CacheRecord> found = all.records(asked);
    Map<String, CacheRecord> records = new HashMap<>();
    for (String key : keys) {
      CacheRecord mine = found.get(own.get(key));
      CacheRecord record = mine == null ? found.get(key) : mine.under(key);
      if (record != null) {
        records.put(key, record);
      }
    }
    return records;
  }

  @Override
  public void save(Collection<CacheRecord> records) {
    all.save(records.stream().map(record -> record.under(key(owner, record.key()))).toList());
  }

  @Override
  public void forget(String key) {
    all.forget(key(owner, key));
  }

  @Override
  public Map<String, String> contents(Collection<String> keys) {
    return all.contents(keys);
  }

  @Override
  public void saveContents(Map<String, String> digests) {
    all.saveContents(digests);
  }

  @Override
  public Map<String, LayerRecord> layers(Collection<String> ids) {
    return all.layers(ids);
  }

  @Override
  public void learn(Collection<LayerRecord> layers) {
    all.learn(layers);
  }

  @Override
  public void addHolders(Map<String, Long> incarnations) {
    all.addHolders(incarnations);
  }

  @Override
  public void dropDurable(Collection<String> layerIds) {
    all.dropDurable(layerIds);
  }

  @Override
  public void dropHolder(String workerId, Collection<String> layerIds) {
    all.dropHolder(workerId, layerIds);
  }

  @Override
  public void dropHolder(String workerId) {
    all.dropHolder(workerId);
  }
}
