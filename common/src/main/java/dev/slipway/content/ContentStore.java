package dev.slipway.content;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/** Bytes by digest. Content appears whole and verified or not at all. Blocking. @ThreadSafe */
public interface ContentStore {
  /** Size in bytes; empty = the store does not have it. */
  OptionalLong size(Digest digest) throws IOException;

  /** Whether the store has the content. */
  default boolean has(Digest digest) throws IOException {
    return size(digest).isPresent();
  }

  /** Opens the content. @throws SlipwayException NOT_FOUND when the store does not have it */
  InputStream open(Digest digest) throws SlipwayException, IOException;

  /**
   * Reads the stream to its end and keeps it. Content that is there already is left as it is.
   *
   * @param expected digest that the bytes must have
   * @param limit bytes accepted at most
   * @throws SlipwayException INVALID when the digest differs, EXHAUSTED when there are more bytes
   *     than {@code limit}
   */
  Descriptor ingest(InputStream content, Digest expected, long limit)
      throws SlipwayException, IOException;

  /**
   * Removes the content; nothing happens when it is not there. Streams that are open stay readable.
   */
  void delete(Digest digest) throws IOException;
}
