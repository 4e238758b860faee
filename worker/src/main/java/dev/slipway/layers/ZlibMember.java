package dev.slipway.layers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Gzip members made by the zlib inside the JDK. @ThreadSafe */
final class ZlibMember implements GzipMember {
  private static final int HEADER = 10;
  private static final int TRAILER = 8;

  private final int level;

  /**
   * @param level zlib's, 0 to 9
   */
  ZlibMember(int level) {
    this.level = level;
  }

  @Override
  public byte[] of(byte[] block, int length) throws IOException {
    Deflater deflater = new Deflater(level, true);
    try {
      deflater.setInput(block, 0, length);
      deflater.finish();
      byte[] out = new byte[length + length / 1000 + 128];
      out[0] = 0x1f;
      out[1] = (byte) 0x8b;
      out[2] = 8;
      // No name, no time, and "unknown" for the system that made it: nothing that could differ.
      out[9] = (byte) 255;
      int size = HEADER + deflater.deflate(out, HEADER, out.length - HEADER - TRAILER);
      if (!deflater.finished()) {
        throw new IOException(
            "a block of " + length + " bytes did not compress into " + out.length);
      }
      CRC32 checksum = new CRC32();
      checksum.update(block, 0, length);
      ByteBuffer.wrap(out, size, TRAILER)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt((int) checksum.getValue())
          .putInt(length);
      return Arrays.copyOf(out, size + TRAILER);
    } finally {
      deflater.end();
    }
  }
}
