package dev.slipway.context;

import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Reads files by digest; one operation's view, open segments are kept until it is closed. Not
 * thread-safe.
 */
interface FileContents extends AutoCloseable {
  /** Writes the bytes of the file to the stream. */
  void copy(Digest digest, OutputStream out) throws IOException;

  @Override
  void close() throws IOException;
}
