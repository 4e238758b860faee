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

  /**
   * The fastest that this machine has. Another machine may make other bytes of the same block: both
   * are right.
   */
  static GzipMember fastest() {
    return LibDeflate.find().<GzipMember>map(found -> found).orElseGet(ZlibMember::new);
  }
}
