package dev.slipway.fetch;

import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.Optional;

/** What a source is at the moment that it is asked about. */
public sealed interface SourceFacts {
  /**
   * A file behind a URL.
   *
   * @param suffixed answer to {@link Wanted#checksum}
   */
  record Http(
      Digest digest,
      String filename,
      Optional<Instant> lastModified,
      Optional<SuffixedChecksum> suffixed)
      implements SourceFacts {}

  /**
   * A commit of a repository.
   *
   * @param checksum of the commit, or of the tag object that the name means
   * @param ref full name, or the commit itself
   * @param commitChecksum of the commit that a tag object points at; empty when there is none
   * @param commitObject bytes of the commit, when they were asked for
   * @param tagObject bytes of the tag object, when they were asked for and there is one
   */
  record Git(
      String checksum, String ref, String commitChecksum, byte[] commitObject, byte[] tagObject)
      implements SourceFacts {}

  /** Nothing that could be told. */
  record None() implements SourceFacts {}

  /** Digest {@code algorithm:hex} over a file and what followed it. */
  record SuffixedChecksum(String digest, byte[] suffix) {}

  /**
   * A digest to compute.
   *
   * @param algorithm JDK's name: {@code SHA-384}
   * @param suffix bytes after those of the file
   */
  record ChecksumRequest(String algorithm, byte[] suffix) {}

  /**
   * What is asked beyond the ordinary.
   *
   * @param objects whether commit and tag objects are wanted
   */
  record Wanted(boolean objects, Optional<ChecksumRequest> checksum) {
    public static final Wanted ORDINARY = new Wanted(false, Optional.empty());
  }
}
