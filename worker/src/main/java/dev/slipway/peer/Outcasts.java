package dev.slipway.peer;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Workers that were evicted from the farm, as its coordinators say. Whom one of them calls evicted
 * gets nothing: a coordinator that is cut off from the others may not have heard of it yet. {@code
 * this} guards what they say. @ThreadSafe
 */
public final class Outcasts {
  /** Far more than a farm has; coordinators that come and go are forgotten. */
  private static final int MAX_COORDINATORS = 64;

  private final Map<ByteBuffer, Set<String>> told =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Set<String>> eldest) {
          return size() > MAX_COORDINATORS;
        }
      };

  /** Those whose link ended; guarded by this. */
  private final Set<ByteBuffer> gone = new HashSet<>();

  private volatile Set<String> all = Set.of();
  private volatile Runnable changed = () -> {};

  /** The coordinator that signs with the key says so. */
  public void told(byte[] publicKey, Set<String> workerIds) {
    synchronized (this) {
      ByteBuffer key = ByteBuffer.wrap(publicKey);
      gone.remove(key);
      told.keySet().removeAll(gone);
      gone.clear();
      told.put(key, Set.copyOf(workerIds));
      gather();
    }
    changed.run();
  }

  /** The link to the coordinator ended; its word stays until another one says something. */
  public synchronized void left(byte[] publicKey) {
    if (told.containsKey(ByteBuffer.wrap(publicKey))) {
      gone.add(ByteBuffer.wrap(publicKey));
    }
  }

  private void gather() {
    all = told.values().stream().flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
  }

  boolean contains(String workerId) {
    return all.contains(workerId);
  }

  /** From now on the listener hears when somebody said something. */
  void onChange(Runnable listener) {
    changed = listener;
  }
}
