package dev.slipway.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import org.jspecify.annotations.Nullable;

/** After a split: of two values of one entry the one that was written later stays. */
public final class LatestEpoch
    implements SplitBrainMergePolicy<byte[], MergingValue<byte[]>, byte[]> {
  @Override
  public byte @Nullable [] merge(
      MergingValue<byte[]> merging, @Nullable MergingValue<byte[]> existing) {
    byte[] theirs = merging.getValue();
    byte[] ours = existing == null ? null : existing.getValue();
    return Epoch.of(theirs) > Epoch.of(ours) ? theirs : ours;
  }

  @Override
  public void writeData(ObjectDataOutput out) {
    // It has no state.
  }

  @Override
  public void readData(ObjectDataInput in) {
    // It has no state.
  }
}
