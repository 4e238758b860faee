package dev.slipway.layers;

import java.io.IOException;

/**
 * Makes one gzip member of one block: same block, same bytes. Members in a row are one gzip stream
 * (RFC 1952, 2.2), so blocks can be compressed independently of each other and of the number of
 * threads. @ThreadSafe
 */
@FunctionalInterface
interface GzipMember {
  /** Compresses the first {@code length} bytes of the block. */
  byte[] of(byte[] block, int length) throws IOException;

  /** Half of zlib's time at its fastest, and smaller: layers mostly travel on fast networks. */
  int USUAL_LEVEL = 1;

  /**
   * The fastest that this machine has. Another machine may make other bytes of the same block: both
   * are right.
   */
  static GzipMember fastest() {
    return of(USUAL_LEVEL);
  }

  /**
   * Packs as hard as it is told.
   *
   * @param level from 0, nothing is compressed, to 9
   */
  static GzipMember of(int level) {
    return LibDeflate.find(level)
        .<GzipMember>map(found -> found)
        .orElseGet(() -> new ZlibMember(level));
  }
}
