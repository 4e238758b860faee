package dev.slipway.layers;

import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/**
 * Takes a tar and passes a blob on, which it digests and counts. Owned by one thread. Closing does
 * not close the target.
 */
abstract class BlobOutput extends OutputStream {
  private final OutputStream out;
  private final MessageDigest digest = Digest.sha256();
  private long size;

  BlobOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  /** Passes on what belongs to the tar and is not there yet. */
  abstract void finish() throws IOException;

  /** Passes on bytes of the blob. */
  final void pass(byte[] bytes, int offset, int length) throws IOException {
    digest.update(bytes, offset, length);
    size += length;
    out.write(bytes, offset, length);
  }

  final void flushTarget() throws IOException {
    out.flush();
  }

  /** Digest of the blob; once, after {@link #finish()}. */
  final Digest digest() {
    return Digest.ofHash(digest.digest());
  }

  /** Bytes of the blob so far. */
  final long size() {
    return size;
  }

  @Override
  public void close() {
    // What was open for the tar is given back; the target is not ours.
  }
}
