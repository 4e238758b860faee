package dev.slipway.mounts;

import java.nio.file.Path;
import java.time.Instant;

/** One copy and who uses it. Guarded by its store. */
final class MountCopy {
  /** What may be done with it. */
  enum State {
    /** Being filled; nobody else's. */
    BEGINNING,
    FREE,
    /** Used by several that share it. */
    SHARED,
    /** Used by one alone. */
    ALONE
  }

  final Path place;
  final String mountId;
  final String name;
  final Instant createdAt;
  State state;
  int users;

  /** Peers that it is sent to. */
  int readers;

  long version;
  long size;
  Instant lastUsedAt;
  long uses;

  /** Whether {@code size} is right; false after a crash. */
  boolean measured = true;

  /** Not to be used by anyone who comes now. */
  boolean doomed;

  MountCopy(Path place, String mountId, String name, Instant createdAt, State state) {
    this.place = place;
    this.mountId = mountId;
    this.name = name;
    this.createdAt = createdAt;
    this.lastUsedAt = createdAt;
    this.state = state;
  }

  String id() {
    return "mount:" + place.getFileName();
  }

  Path directory() {
    return place.resolve("files");
  }

  /** Whether nobody is in it. */
  boolean isIdle() {
    return state == State.FREE && readers == 0;
  }

  MountRecord record() {
    return new MountRecord(
        id(), mountId, name, version, size, createdAt, lastUsedAt, uses, !isIdle());
  }
}
