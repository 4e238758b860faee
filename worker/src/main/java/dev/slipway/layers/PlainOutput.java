package dev.slipway.layers;

import java.io.IOException;
import java.io.OutputStream;

/** The tar itself is the blob. */
final class PlainOutput extends BlobOutput {
  PlainOutput(OutputStream out) {
    super(out);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    pass(bytes, offset, length);
  }

  @Override
  void finish() throws IOException {
    flushTarget();
  }
}
