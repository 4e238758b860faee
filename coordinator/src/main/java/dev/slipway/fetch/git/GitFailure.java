package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A git command ended badly; carries what it said. */
final class GitFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final String said;

  GitFailure(String said, int exitCode) {
    super(ErrorKind.INVALID, "git stderr:\n" + said + ": exit status " + exitCode);
    this.said = said;
  }

  GitFailure(String said, String what) {
    super(ErrorKind.INVALID, what + ": git stderr:\n" + said);
    this.said = said;
  }

  boolean says(String words) {
    return said.contains(words);
  }

  /** The same, with what was being done. */
  GitFailure during(String what) {
    return new GitFailure(said, what);
  }
}
