package dev.slipway.cluster;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryEvictedListener;
import com.hazelcast.map.listener.EntryExpiredListener;
import com.hazelcast.map.listener.EntryMergedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Turns all the ways in which an entry changes into one. */
final class Watch<V>
    implements EntryAddedListener<String, byte[]>,
        EntryUpdatedListener<String, byte[]>,
        EntryMergedListener<String, byte[]>,
        EntryRemovedListener<String, byte[]>,
        EntryEvictedListener<String, byte[]>,
        EntryExpiredListener<String, byte[]> {
  private final ClusterMap<V> map;
  private final BiConsumer<String, Optional<V>> listener;

  Watch(ClusterMap<V> map, BiConsumer<String, Optional<V>> listener) {
    this.map = map;
    this.listener = listener;
  }

  @Override
  public void entryAdded(EntryEvent<String, byte[]> event) {
    changed(event);
  }

  @Override
  public void entryUpdated(EntryEvent<String, byte[]> event) {
    changed(event);
  }

  @Override
  public void entryMerged(EntryEvent<String, byte[]> event) {
    changed(event);
  }

  @Override
  public void entryRemoved(EntryEvent<String, byte[]> event) {
    gone(event);
  }

  @Override
  public void entryEvicted(EntryEvent<String, byte[]> event) {
    gone(event);
  }

  @Override
  public void entryExpired(EntryEvent<String, byte[]> event) {
    gone(event);
  }

  private void changed(EntryEvent<String, byte[]> event) {
    listener.accept(event.getKey(), Optional.of(map.decode(event.getValue())));
  }

  private void gone(EntryEvent<String, byte[]> event) {
    listener.accept(event.getKey(), Optional.empty());
  }
}
