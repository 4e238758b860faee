package dev.slipway.context;

import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads blobs; keeps a few segments open, since neighbours in a tree tend to lie in the same one.
 */
final class SegmentReader implements FileContents {
  /** Open files of one operation. */
  private static final int OPEN_SEGMENTS = 16;

  private static final int BUFFER = 1 << 17;

  private final Map<Digest, Blob> blobs;
  private final Runnable closed;
  private final LinkedHashMap<Segment, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
  private boolean ended;

  SegmentReader(Map<Digest, Blob> blobs, Runnable closed) {
    this.blobs = blobs;
    this.closed = closed;
  }

  @Override
  public void copy(Digest digest, OutputStream out) throws IOException {
    Blob blob = blobs.get(digest);
    if (blob == null) {
      throw new IOException("file " + digest + " is not in the context store");
    }
    FileChannel channel = channel(blob.segment);
    long position = blob.offset;
    long end = blob.offset + blob.length;
    while (position < end) {
      buffer.clear().limit((int) Math.min(BUFFER, end - position));
      int read = channel.read(buffer, position);
      if (read < 0) {
        throw new IOException("file " + digest + " in the context store is truncated");
      }
      out.write(buffer.array(), 0, read);
      position += read;
    }
  }

  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    ended = true;
    try {
      for (FileChannel channel : open.values()) {
        channel.close();
      }
    } finally {
      closed.run();
    }
  }

  private FileChannel channel(Segment segment) throws IOException {
    FileChannel channel = open.get(segment);
    if (channel == null) {
      if (open.size() >= OPEN_SEGMENTS) {
        open.pollFirstEntry().getValue().close();
      }
      channel = FileChannel.open(segment.path, StandardOpenOption.READ);
      open.put(segment, channel);
    }
    return channel;
  }
}
