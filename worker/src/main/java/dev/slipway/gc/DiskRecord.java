package dev.slipway.gc;

import dev.slipway.pattern.FieldFilter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One thing on the disk.
 *
 * @param size all its bytes
 * @param blobBytes the part of {@code size} that is a compressed copy and could go alone
 * @param inUse whether it must stay now
 * @param parents ids of the records right below it, which it cannot do without
 */
public record DiskRecord(
    String id,
    Type type,
    boolean mutable,
    boolean inUse,
    long size,
    long blobBytes,
    Instant createdAt,
    Instant lastUsedAt,
    long uses,
    List<String> parents,
    String description) {
  public DiskRecord {
    parents = List.copyOf(parents);
  }

  /** What BuildKit calls the type of a record. */
  public enum Type {
    REGULAR("regular"),
    LOCAL("source.local"),
    CACHE_MOUNT("exec.cachemount"),
    INTERNAL("internal");

    private final String name;

    Type(String name) {
      this.name = name;
    }

    public String wireName() {
      return name;
    }
  }

  /** What filters ask for; a yes is the word true, so that it can be asked for both ways. */
  FieldFilter.Fields fields() {
    return name ->
        switch (name) {
          case "id" -> Optional.of(id);
          case "type" -> Optional.of(type.name);
          case "parents" -> text(String.join(";", parents));
          case "description" -> text(description);
          case "inuse" -> flag(inUse);
          case "mutable" -> flag(mutable);
          case "immutable" -> flag(!mutable);
          // A worker does not know what others have: to itself all that it has is its own.
          case "private" -> flag(true);
          default -> Optional.empty();
        };
  }

  private static Optional<String> text(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static Optional<String> flag(boolean set) {
    return set ? Optional.of("true") : Optional.empty();
  }

  /** The same, in use or not, used at that time. */
  DiskRecord with(boolean nowInUse, Instant used) {
    return new DiskRecord(
        id, type, mutable, nowInUse, size, blobBytes, createdAt, used, uses, parents, description);
  }

  /** Its compressed copy, as a thing of its own. */
  DiskRecord onlyBlob() {
    return new DiskRecord(
        id,
        type,
        mutable,
        inUse,
        blobBytes,
        blobBytes,
        createdAt,
        lastUsedAt,
        uses,
        List.of(),
        "compressed copy of " + id);
  }
}
