package dev.slipway.context;

import java.nio.file.Path;

/**
 * A file on disk with the contents of one large or many small files. Counters are guarded by the
 * store's lock.
 */
final class Segment {
  final Path path;

  /** Bytes in it. */
  long size;

  /** Blobs in it that a tree uses; 0 = may be deleted. */
  int blobs;

  Segment(Path path) {
    this.path = path;
  }
}
