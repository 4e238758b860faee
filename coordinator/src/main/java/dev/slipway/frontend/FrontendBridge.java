package dev.slipway.frontend;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.io.IOException;
import java.time.Instant;
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

  /**
   * Returns what another frontend makes of the request: the one in the image, or the built-in one
   * that stands in for it.
   *
   * @param image as a Dockerfile's syntax names it
   */
  default FrontendResult forward(String image, FrontendRequest request)
      throws SlipwayException, IOException, InterruptedException {
    throw new SlipwayException(
        ErrorKind.UNSUPPORTED, "no frontend image can be run here: " + image);
  }

  /** Whether the image is one that a built-in frontend stands in for; others are run. */
  default boolean isBuiltIn(String image) {
    return true;
  }

  /**
   * Asks what a source is now and fetches nothing; shown as a vertex named {@code logName}.
   *
   * @param platform of an image
   */
  SourceDescription describe(Op.Source source, Optional<Platform> platform, String logName)
      throws SlipwayException, InterruptedException;

  /** The progress of the build. */
  Progress progress();

  /** Files of an evaluated result. */
  interface Reference {
    /** The content of a file. @throws SlipwayException NOT_FOUND when there is none */
    byte[] readFile(String path) throws SlipwayException, IOException, InterruptedException;

    /**
     * The beginning of a file.
     *
     * @param length at most so many bytes
     */
    byte[] readStart(String path, int length)
        throws SlipwayException, IOException, InterruptedException;

    /** The content of a file, or nothing when there is none. */
    Optional<byte[]> findFile(String path)
        throws SlipwayException, IOException, InterruptedException;
  }

  /**
   * @param digest of the root descriptor: of the index when the image is a multi-platform one
   * @param config image configuration JSON of the platform's manifest
   */
  record ResolvedImage(String reference, Digest digest, byte[] config) {}

  /**
   * @param image what an image source means now
   * @param commit the commit that a repository's reference means, as git stores it
   * @param lastModified when a file on the web was changed last
   */
  record SourceDescription(
      Optional<ResolvedImage> image, Optional<byte[]> commit, Optional<Instant> lastModified) {}
}
