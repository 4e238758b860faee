package dev.slipway.agent;

import com.google.protobuf.Timestamp;
import dev.slipway.error.SlipwayException;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.DiskRecord;
import dev.slipway.gc.Policy;
import dev.slipway.pattern.FieldFilter;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DiskUsed;
import dev.slipway.protocol.worker.Prune;
import dev.slipway.protocol.worker.Pruned;
import dev.slipway.protocol.worker.UsageRecord;
import java.time.Duration;
import java.time.Instant;

/** Answers what coordinators ask about the disk. @ThreadSafe */
final class DiskQuestions {
  private final DiskKeeper disk;
  private final Runnable announce;

  /**
   * @param announce tells all coordinators what is gone; what was pruned must be forgotten before
   *     the answer arrives
   */
  DiskQuestions(DiskKeeper disk, Runnable announce) {
    this.disk = disk;
    this.announce = announce;
  }

  void usage(Ask ask, Answer.Builder answer) throws SlipwayException {
    DiskUsed.Builder used = DiskUsed.newBuilder();
    disk.usage(FieldFilter.parse(ask.getDiskUsage().getFiltersList()))
        .forEach(record -> used.addRecords(wire(record)));
    answer.setDiskUsed(used);
  }

  void prune(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException {
    Prune prune = ask.getPrune();
    Policy policy =
        new Policy(
            FieldFilter.parse(prune.getFiltersList()),
            prune.getAll(),
            Duration.ofNanos(prune.getKeepDurationNanos()),
            prune.getReservedSpace(),
            prune.getMaxUsedSpace(),
            prune.getMinFreeSpace(),
            false);
    Pruned.Builder pruned = Pruned.newBuilder();
    disk.prune(policy).forEach(record -> pruned.addRecords(wire(record)));
    announce.run();
    answer.setPruned(pruned);
  }

  private static UsageRecord wire(DiskRecord record) {
    return UsageRecord.newBuilder()
        .setId(record.id())
        .setMutable(record.mutable())
        .setInUse(record.inUse())
        .setSize(record.size())
        .setCreatedAt(wire(record.createdAt()))
        .setLastUsedAt(wire(record.lastUsedAt()))
        .setUsageCount(record.uses())
        .setDescription(record.description())
        .setRecordType(record.type().wireName())
        .addAllParents(record.parents())
        .build();
  }

  private static Timestamp wire(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
