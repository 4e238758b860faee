package dev.slipway.peer;

import java.io.IOException;
import java.io.OutputStream;

/** Passes on what comes after the first bytes. */
final class SkippingStream extends OutputStream {
  private final OutputStream out;
  private long left;

  SkippingStream(OutputStream out, long skipped) {
    this.out = out;
    this.left = skipped;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int skipped = (int) Math.min(left, length);
    left -= skipped;
    if (skipped < length) {
      out.write(bytes, offset + skipped, length - skipped);
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }
}
