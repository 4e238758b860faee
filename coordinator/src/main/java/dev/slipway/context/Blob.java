package dev.slipway.context;

/** Where a file's bytes are. {@code references} is guarded by the store's lock. */
final class Blob {
  final Segment segment;
  final long offset;
  final long length;

  /** Trees and running transfers that need it. */
  int references;

  Blob(Segment segment, long offset, long length) {
    this.segment = segment;
    this.offset = offset;
    this.length = length;
  }
}
