package dev.slipway.layers;

import com.github.luben.zstd.ZstdInputStream;
import dev.slipway.oci.Digest;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The uncompressed bytes of a layer: told by its first bytes, decompressed, counted, digested, held
 * to the limits.
 */
final class LayerStream extends InputStream {
  private static final int BUFFER = 256 << 10;

  private final LayerLimits limits;

  private final Counting compressed;
  private final InputStream plain;
  private final MessageDigest digest = Digest.sha256();
  private long size;

  LayerStream(InputStream source, LayerLimits limits) throws IOException {
    this.limits = limits;
    this.compressed = new Counting(source);
    BufferedInputStream buffered = new BufferedInputStream(compressed, BUFFER);
    buffered.mark(4);
    byte[] magic = buffered.readNBytes(4);
    buffered.reset();
    this.plain = open(buffered, magic);
  }

  private static InputStream open(InputStream in, byte[] magic) throws IOException {
    if (magic.length >= 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b) {
      return GzipCompressorInputStream.builder()
          .setInputStream(in)
          .setDecompressConcatenated(true)
          .setBufferSize(BUFFER)
          .get();
    }
    if (magic.length == 4
        && (magic[0] & 0xff) == 0x28
        && (magic[1] & 0xff) == 0xb5
        && magic[2] == 0x2f
        && (magic[3] & 0xff) == 0xfd) {
      return new ZstdInputStream(in).setContinuous(false);
    }
    return in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = plain.read(bytes, offset, length);
    if (count <= 0) {
      return count;
    }
    digest.update(bytes, offset, count);
    size += count;
    limits.checkBytes(size);
    if (size > limits.freeRatioBytes() && size / Math.max(1, compressed.count) > limits.ratio()) {
      throw new LimitExceeded(size + " bytes came out of " + compressed.count + " compressed ones");
    }
    return count;
  }

  /** Reads what follows the end of the tar, so that the digest covers all. */
  void drain() throws IOException {
    byte[] rest = new byte[BUFFER];
    while (read(rest, 0, rest.length) >= 0) {
      // Digested by read.
    }
  }

  Digest digest() {
    return Digest.ofHash(digest.digest());
  }

  @Override
  public void close() throws IOException {
    plain.close();
  }

  private static final class Counting extends FilterInputStream {
    private long count;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      count += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count += Math.max(0, read);
      return read;
    }
  }
}
