package dev.slipway.layers;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.DiskFull;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.StoredLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Turns a layer tar or blob into a layer. Trusts nothing in the stream: paths stay inside, sizes
 * are bounded. OCI image-spec v1.1, layer.md. @ThreadSafe
 */
public final class LayerApplier {
  private final LayerLimits limits;

  public LayerApplier() {
    this(LayerLimits.DEFAULT);
  }

  public LayerApplier(LayerLimits limits) {
    this.limits = limits;
  }

  /** The stream is not a proper layer. */
  static final class BadLayer extends IOException {
    private static final long serialVersionUID = 1L;

    BadLayer(String message) {
      super(message);
    }
  }

  /** Looks at what came before it becomes a layer. */
  @FunctionalInterface
  public interface Check {
    /**
     * Returns the diffId to note, if any.
     *
     * @param actual digest of the uncompressed bytes
     * @throws SlipwayException when it must not become a layer
     */
    Optional<Digest> passed(Digest actual) throws SlipwayException, IOException;
  }

  /**
   * Reads the stream to its end, fills the writer and commits it, the diffId noted when it was
   * expected. The caller closes writer and stream in any case.
   *
   * @param mediaType of the stream; what it really is (plain, gzip, zstd) is told from its first
   *     bytes
   * @param expected diffId that the uncompressed bytes must have
   * @throws SlipwayException INVALID when the stream is no layer, exceeds a limit or has another
   *     digest; EXHAUSTED when the disk is full; UNAVAILABLE when it ended early or the disk failed
   */
  public StoredLayer apply(
      InputStream stream, String mediaType, LayerWriter writer, Optional<Digest> expected)
      throws SlipwayException {
    return apply(
        stream,
        mediaType,
        writer,
        actual -> {
          if (expected.isPresent() && !expected.get().equals(actual)) {
            throw new SlipwayException(
                ErrorKind.INVALID,
                "layer "
                    + writer.id()
                    + " is not what was asked for: its diffId is "
                    + actual
                    + " instead of "
                    + expected.get());
          }
          return expected;
        });
  }

  /** The same, with a check of the caller's. */
  public StoredLayer apply(InputStream stream, String mediaType, LayerWriter writer, Check check)
      throws SlipwayException {
    if (mediaType.contains("encrypted")) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "layer " + writer.id() + ": encrypted layers are not supported yet");
    }
    String what = "layer " + writer.id();
    try {
      LayerStream plain = new LayerStream(stream, limits);
      long size = unpack(plain, writer);
      plain.drain();
      return writer.commit(size, check.passed(plain.digest()));
    } catch (IOException | IllegalArgumentException e) {
      throw refused(what, e);
    }
  }

  /**
   * Reads a plain tar to its end and unpacks it into the directory, which is no layer: names that
   * mean something in a layer mean nothing here. The caller closes the stream.
   *
   * @param what names it in errors
   * @throws SlipwayException as {@link #apply}
   */
  public void unpack(InputStream stream, String what, Path directory) throws SlipwayException {
    try {
      LayerStream plain = new LayerStream(stream, limits);
      try (LayerUnpacking unpacking = LayerUnpacking.ofFiles(directory, limits)) {
        unpack(plain, unpacking);
        unpacking.finish();
      }
      plain.drain();
    } catch (IOException | IllegalArgumentException e) {
      throw refused(what, e);
    }
  }

  private static SlipwayException refused(String what, Exception e) {
    return switch (e) {
      // Its author's to mend: another worker has no more room for it.
      case LimitExceeded limit ->
          new SlipwayException(
              ErrorKind.INVALID, what + " was refused: " + limit.getMessage(), limit);
      case BadLayer bad ->
          new SlipwayException(ErrorKind.INVALID, what + " was refused: " + bad.getMessage(), bad);
      case IOException failure ->
          new SlipwayException(
              DiskFull.caused(failure) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
              what + " could not be unpacked: " + failure.getMessage(),
              failure);
      default ->
          new SlipwayException(ErrorKind.INVALID, what + " was refused: " + e.getMessage(), e);
    };
  }

  private long unpack(LayerStream plain, LayerWriter writer) throws IOException {
    try (LayerUnpacking unpacking =
        new LayerUnpacking(writer.directory(), writer.below(), limits)) {
      unpack(plain, unpacking);
      return unpacking.finish();
    }
  }

  private void unpack(LayerStream plain, LayerUnpacking unpacking) throws IOException {
    // Not closed: that would close the stream, which is still to be read to its end.
    PaxTap tap = new PaxTap(plain);
    BoundedTar tar = new BoundedTar(tap);
    long entries = 0;
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      limits.checkEntries(++entries);
      limits.checkNames(entry.getName(), entry.getLinkName());
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new java.io.InterruptedIOException("unpacking was interrupted");
      }
      unpacking.entry(entry, tar, tap.attributes());
    }
  }
}
