package dev.slipway.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sets each entry that still has the epoch that the writer saw; answers TRUE where it did. Runs
 * where the entry lives.
 */
final class CompareAndSet
    implements EntryProcessor<String, byte[], Boolean>, IdentifiedDataSerializable {
  static final int FACTORY_ID = 1;
  private static final long serialVersionUID = 1L;

  private final HashMap<String, Change> changes;

  /** For reading from another member. */
  CompareAndSet() {
    this(Map.of());
  }

  CompareAndSet(Map<String, Change> changes) {
    this.changes = new HashMap<>(changes);
  }

  @Override
  public Boolean process(Map.Entry<String, byte[]> entry) {
    Change change = changes.get(entry.getKey());
    if (Epoch.of(entry.getValue()) != change.expected()) {
      return false;
    }
    entry.setValue(change.value());
    return true;
  }

  @Override
  public int getFactoryId() {
    return FACTORY_ID;
  }

  @Override
  public int getClassId() {
    return 1;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    out.writeInt(changes.size());
    for (Map.Entry<String, Change> change : changes.entrySet()) {
      out.writeString(change.getKey());
      out.writeLong(change.getValue().expected());
      out.writeByteArray(change.getValue().value());
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    for (int left = in.readInt(); left > 0; left--) {
      changes.put(in.readString(), new Change(in.readLong(), in.readByteArray()));
    }
  }

  /**
   * @param expected epoch that the writer saw
   * @param value new value with its epoch; null removes the entry
   */
  record Change(long expected, byte @Nullable [] value) {}
}
