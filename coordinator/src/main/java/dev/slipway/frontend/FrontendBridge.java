package dev.slipway.frontend;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.io.IOException;
import java.util.Optional;

/** What a frontend may ask while it works. Blocking. @ThreadSafe */
public interface FrontendBridge {
  /** Returns a lazily evaluated result of the graph, to read files of. */
  Reference solve(Definition definition) throws SlipwayException, InterruptedException;

  /**
   * Resolves an image to a digest and its configuration for the platform; shown as a vertex named
   * {@code logName}.
   *
   * @param reference normalised, {@code docker.io/library/alpine:latest}
   * @param resolveMode {@code default}, {@code pull}, {@code local}
   */
  ResolvedImage resolveImage(
      String reference, Platform platform, String resolveMode, String logName)
      throws SlipwayException, InterruptedException;

  /** The progress of the build. */
  Progress progress();

  /** Files of an evaluated result. */
  interface Reference {
    /** The content of a file. @throws SlipwayException NOT_FOUND when there is none */
    byte[] readFile(String path) throws SlipwayException, IOException, InterruptedException;

    /** The content of a file, or nothing when there is none. */
    Optional<byte[]> findFile(String path)
        throws SlipwayException, IOException, InterruptedException;
  }

  /**
   * @param digest of the root descriptor: of the index when the image is a multi-platform one
   * @param config image configuration JSON of the platform's manifest
   */
  record ResolvedImage(String reference, Digest digest, byte[] config) {}
}
