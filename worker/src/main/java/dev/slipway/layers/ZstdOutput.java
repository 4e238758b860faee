package dev.slipway.layers;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.OptionalInt;

/** One zstd frame, made by one thread: the bytes depend on nothing but the level. */
final class ZstdOutput extends BlobOutput {
  /** zstd's own default. */
  private static final int USUAL_LEVEL = 3;

  private final ZstdOutputStream zstd;

  ZstdOutput(OutputStream out, OptionalInt level) throws IOException {
    super(out);
    this.zstd =
        new ZstdOutputStream(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                pass(new byte[] {(byte) b}, 0, 1);
              }

              @Override
              public void write(byte[] bytes, int offset, int length) throws IOException {
                pass(bytes, offset, length);
              }
            },
            level.orElse(USUAL_LEVEL));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    zstd.write(bytes, offset, length);
  }

  @Override
  void finish() throws IOException {
    zstd.close();
    flushTarget();
  }

  @Override
  public void close() {
    try {
      zstd.close();
    } catch (IOException _) {
      // Cut off by a failure that is on its way to whoever asked; this only frees the compressor.
    }
  }
}
