package dev.slipway.cluster;

import com.hazelcast.map.IMap;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A shared map. No lock is ever held: writes that depend on what was there are compare-and-set by
 * epoch. @ThreadSafe
 */
public final class ClusterMap<V> {
  /**
   * Tries of one update; each lost one means that another writer got through, so only a defect
   * needs this many.
   */
  private static final int MAX_ATTEMPTS = 100;

  private final IMap<String, byte[]> map;
  private final Codec<V> codec;

  ClusterMap(IMap<String, byte[]> map, Codec<V> codec) {
    this.map = map;
    this.codec = codec;
  }

  public Optional<V> get(String key) {
    return Optional.ofNullable(map.get(key)).map(this::decode);
  }

  /** Returns what is there for those keys; one round trip. */
  public Map<String, V> getAll(Collection<String> keys) {
    Map<String, V> found = new HashMap<>();
    map.getAll(Set.copyOf(keys)).forEach((key, stored) -> found.put(key, decode(stored)));
    return found;
  }

  /** Sets the value, whatever was there. */
  public void set(String key, V value) {
    map.set(key, Epoch.stamp(Epoch.after(Epoch.NONE), codec.encode(value)));
  }

  /** Sets the values, whatever was there; one round trip. */
  public void setAll(Map<String, V> values) {
    Map<String, byte[]> stored = new HashMap<>();
    values.forEach(
        (key, value) -> stored.put(key, Epoch.stamp(Epoch.after(Epoch.NONE), codec.encode(value))));
    if (!stored.isEmpty()) {
      map.setAll(stored);
    }
  }

  public void remove(String key) {
    map.delete(key);
  }

  /** Calls the action for each entry, some that come or go meanwhile perhaps not. */
  public void forEach(BiConsumer<String, V> action) {
    map.iterator()
        .forEachRemaining(entry -> action.accept(entry.getKey(), decode(entry.getValue())));
  }

  /** The keys of all entries; one round trip to each member. */
  public Set<String> keys() {
    return Set.copyOf(map.keySet());
  }

  public int size() {
    return map.size();
  }

  /**
   * Calls the listener after each change of an entry, whoever made it: with the new value, or empty
   * when it is gone. It runs on the cluster's one thread for events and must not block; a change is
   * heard of soon, but one made while the cluster splits or merges perhaps never.
   */
  public void watch(BiConsumer<String, Optional<V>> listener) {
    map.addEntryListener(new Watch<>(this, listener), true);
  }

  /**
   * Changes entries depending on what is there: two round trips, more when others write the same
   * entries meanwhile. Entries for which the change gives back an equal value are not written.
   *
   * @return what those keys have then; absent = nothing
   */
  public Map<String, V> update(Collection<String> keys, Change<V> change) {
    Map<String, V> result = new HashMap<>();
    Set<String> left = new HashSet<>(keys);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Map<String, byte[]> current = map.getAll(left);
      Map<String, CompareAndSet.Change> writes = new HashMap<>();
      for (String key : left) {
        byte[] stored = current.get(key);
        Optional<V> before = Optional.ofNullable(stored).map(this::decode);
        Optional<V> after = change.apply(key, before);
        result.remove(key);
        after.ifPresent(value -> result.put(key, value));
        if (!Objects.equals(before, after)) {
          long epoch = Epoch.of(stored);
          byte[] next =
              after.map(value -> Epoch.stamp(Epoch.after(epoch), codec.encode(value))).orElse(null);
          writes.put(key, new CompareAndSet.Change(epoch, next));
        }
      }
      if (writes.isEmpty()) {
        return result;
      }
      map.executeOnKeys(writes.keySet(), new CompareAndSet(writes))
          .forEach((key, done) -> {
            if (done) {
              writes.remove(key);
            }
          });
      left = writes.keySet();
      if (left.isEmpty()) {
        return result;
      }
    }
    throw new IllegalStateException(
        "update of "
            + left.size()
            + " entries of "
            + map.getName()
            + " lost "
            + MAX_ATTEMPTS
            + " races in a row");
  }

  V decode(byte[] stored) {
    return codec.decode(Epoch.value(stored));
  }

  /** What an entry becomes; may be asked more than once, so it has no side effects. */
  public interface Change<V> {
    /** Returns the new value, or empty to remove the entry. */
    Optional<V> apply(String key, Optional<V> before);
  }
}
