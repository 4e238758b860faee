package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction.CopyOptions;
import java.util.List;
import java.util.Optional;

/**
 * One source of a COPY.
 *
 * @param written as the history has it
 * @param edge what it is in; empty for scratch
 */
record CopySource(String written, Optional<Edge> edge, String path, CopyOptions options) {
  /** Of files that are what they are: a download, a repository, a document. */
  static CopyOptions plain(boolean unpack, List<String> excludes) {
    return new CopyOptions(
        false, false, unpack, true, false, false, false, List.of(), excludes, List.of());
  }

  /** Of paths that users write. */
  static CopyOptions local(
      boolean unpack, List<String> includes, List<String> excludes, List<String> required) {
    return new CopyOptions(
        true, true, unpack, true, true, true, false, includes, excludes, required);
  }
}
