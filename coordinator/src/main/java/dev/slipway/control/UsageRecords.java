package dev.slipway.control;

import dev.slipway.pattern.FieldFilter;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import java.time.Instant;
import java.util.Optional;

/** A worker's record of its disk as BuildKit's clients read it. */
final class UsageRecords {
  private UsageRecords() {}

  /**
   * @param shared whether others have it too
   */
  static UsageRecord of(dev.slipway.protocol.worker.UsageRecord record, boolean shared) {
    return UsageRecord.newBuilder()
        .setID(record.getId())
        .setMutable(record.getMutable())
        .setInUse(record.getInUse())
        .setSize(record.getSize())
        .addAllParents(record.getParentsList())
        .setCreatedAt(record.getCreatedAt())
        .setLastUsedAt(record.getLastUsedAt())
        .setUsageCount(record.getUsageCount())
        .setDescription(record.getDescription())
        .setRecordType(record.getRecordType())
        .setShared(shared)
        .build();
  }

  static Instant lastUse(UsageRecord record) {
    return Instant.ofEpochSecond(
        record.getLastUsedAt().getSeconds(), record.getLastUsedAt().getNanos());
  }

  /** What filters ask for, as BuildKit names it. */
  static FieldFilter.Fields fields(UsageRecord record) {
    return name ->
        switch (name) {
          case "id" -> text(record.getID());
          case "type" -> text(record.getRecordType());
          case "parents" -> text(String.join(";", record.getParentsList()));
          case "description" -> text(record.getDescription());
          case "inuse" -> flag(record.getInUse());
          case "mutable" -> flag(record.getMutable());
          case "immutable" -> flag(!record.getMutable());
          case "shared" -> flag(record.getShared());
          case "private" -> flag(!record.getShared());
          default -> Optional.empty();
        };
  }

  private static Optional<String> text(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static Optional<String> flag(boolean set) {
    return set ? Optional.of("true") : Optional.empty();
  }
}
