package dev.slipway.fetch.git;

import dev.slipway.error.SlipwayException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which commit a repository's name means now. Git's own order: branches before tags. Stateless. */
final class GitRefs {
  private static final Pattern HEAD = Pattern.compile("refs/heads/(\\S+)");
  private static final String HEADS = "refs/heads/";
  private static final String TAGS = "refs/tags/";

  private GitRefs() {}

  /**
   * A name and what it means.
   *
   * @param ref full name, or the commit itself
   * @param checksum of the commit, or of the tag object
   * @param commit of the commit that a tag object points at; empty when there is none
   */
  record Resolved(String ref, String checksum, String commit) {
    /** The commit whose files are wanted. */
    String commitOrChecksum() {
      return commit.isEmpty() ? checksum : commit;
    }

    /** Whether the repository names objects by SHA-256. */
    boolean isSha256() {
      return checksum.length() == 64;
    }
  }

  /** What can be told without asking the remote; empty names are not. */
  static java.util.Optional<Resolved> withoutAsking(GitIdentifier id) throws SlipwayException {
    String ref = id.url().ref();
    if (GitIdentifier.isCommit(ref)) {
      if (!ref.startsWith(id.checksum())) {
        throw mismatch(id, ref);
      }
      return java.util.Optional.of(new Resolved(ref, ref, ""));
    }
    if (!id.byCommit()) {
      return java.util.Optional.empty();
    }
    if (id.checksum().isEmpty()) {
      throw GitIdentifier.invalid("fetch-by-commit requires a checksum or a commit SHA ref");
    }
    if (!GitIdentifier.isCommit(id.checksum())) {
      throw GitIdentifier.invalid(
          "fetch-by-commit requires a full commit SHA checksum, got \"" + id.checksum() + "\"");
    }
    String name = ref.isEmpty() || ref.startsWith("refs/") ? ref : HEADS + ref;
    return java.util.Optional.of(
        new Resolved(name.isEmpty() ? id.checksum() : name, id.checksum(), ""));
  }

  /** Asks the repository at the address, which is the remote or a copy of it. */
  static Resolved ask(GitIdentifier id, GitProgram git, String address)
      throws SlipwayException, InterruptedException {
    String ref = id.url().ref().isEmpty() ? defaultBranch(git, address) : id.url().ref();
    String listed;
    try {
      listed = git.text("ls-remote", "--", address, ref, ref + "^{}");
    } catch (GitFailure e) {
      throw e.during("failed to fetch remote " + GitUrl.redacted(address));
    }
    Resolved found = choose(ref, listed);
    if (!found.checksum().startsWith(id.checksum())
        && (found.commit().isEmpty() || !found.commit().startsWith(id.checksum()))) {
      throw mismatch(
          id, found.checksum() + (found.commit().isEmpty() ? "" : " or " + found.commit()));
    }
    return found;
  }

  /** Of lines {@code object TAB name}. */
  static Resolved choose(String ref, String listed) throws SlipwayException {
    String exact = "refs/" + without(ref, "refs/");
    String branch = HEADS + without(ref, HEADS);
    String tag = TAGS + without(ref, TAGS);
    String[] found = {"", "", "", ""};
    for (String line : listed.split("\n")) {
      int tab = line.indexOf('\t');
      if (tab < 0) {
        continue;
      }
      String name = line.substring(tab + 1);
      String object = line.substring(0, tab);
      if (name.equals(branch)) {
        found[1] = object;
      } else if (name.equals(tag)) {
        found[2] = object;
      } else if (name.equals(tag + "^{}")) {
        found[3] = object;
      } else if (name.equals(exact)) {
        found[0] = object;
      }
    }
    Resolved chosen =
        !found[0].isEmpty()
            ? new Resolved(exact, found[0], "")
            : !found[1].isEmpty()
                ? new Resolved(branch, found[1], "")
                : new Resolved(tag, found[2], found[3]);
    if (chosen.checksum().isEmpty()) {
      throw GitIdentifier.invalid(
          "repository does not contain ref " + ref + ", output: \"" + listed + "\"");
    }
    if (!GitIdentifier.isCommit(chosen.checksum())) {
      throw GitIdentifier.invalid("invalid commit sha \"" + chosen.checksum() + "\"");
    }
    return chosen;
  }

  private static String defaultBranch(GitProgram git, String address)
      throws SlipwayException, InterruptedException {
    String listed;
    try {
      listed = git.text("ls-remote", "--symref", "--", address, "HEAD");
    } catch (GitFailure e) {
      throw e.during("error fetching default branch for repository " + GitUrl.redacted(address));
    }
    Matcher head = HEAD.matcher(listed);
    if (!head.find()) {
      throw GitIdentifier.invalid(
          "could not find default branch for repository: " + GitUrl.redacted(address));
    }
    if (head.group(1).startsWith("-")) {
      throw GitIdentifier.invalid("invalid git ref \"" + head.group(1) + "\"");
    }
    return head.group(1);
  }

  static SlipwayException mismatch(GitIdentifier id, String got) {
    return GitIdentifier.invalid("expected checksum to match " + id.checksum() + ", got " + got);
  }

  private static String without(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }
}
