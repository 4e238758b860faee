package dev.slipway.context;

import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file whose bytes are arriving: in memory while it is small, in a file of its own from then on.
 * Not thread-safe.
 */
public final class IncomingFile {
  private final Transfer transfer;
  private byte[] bytes = new byte[0];
  private long length;
  private @Nullable Segment segment;
  private @Nullable FileChannel channel;
  private @Nullable MessageDigest hash;

  IncomingFile(Transfer transfer) {
    this.transfer = transfer;
  }

  /** Bytes received so far. */
  public long length() {
    return length;
  }

  /** Appends bytes. */
  public void write(ByteBuffer data) throws IOException {
    int size = data.remaining();
    if (channel == null && length + size <= Transfer.SMALL) {
      if (length + size > bytes.length) {
        bytes = Arrays.copyOf(bytes, length == 0 ? size : Transfer.SMALL);
      }
      data.get(bytes, (int) length, size);
      length += size;
      return;
    }
    if (channel == null) {
      segment = transfer.newSegment();
      channel =
          FileChannel.open(segment.path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      hash = Digest.sha256();
      int held = (int) length;
      length = 0;
      append(ByteBuffer.wrap(bytes, 0, held));
      bytes = new byte[0];
    }
    append(data);
  }

  /** Ends the file; returns the digest of its bytes. */
  public Digest finish() throws IOException {
    if (channel == null) {
      MessageDigest small = Digest.sha256();
      small.update(bytes, 0, (int) length);
      Digest digest = Digest.ofHash(small.digest());
      transfer.small(this, digest, bytes, (int) length);
      return digest;
    }
    channel.close();
    Digest digest = Digest.ofHash(hash.digest());
    segment.size = length;
    transfer.large(this, digest, segment);
    return digest;
  }

  void abort() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  private void append(ByteBuffer data) throws IOException {
    length += data.remaining();
    hash.update(data.duplicate());
    while (data.hasRemaining()) {
      channel.write(data);
    }
  }
}
