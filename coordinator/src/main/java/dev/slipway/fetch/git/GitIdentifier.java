package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a git source op asks for.
 *
 * @param url the repository, with ref and directory
 * @param checksum beginning of the commit's or tag object's name; empty = any
 * @param tokenSecret id of a secret that is a token; {@code id.host} is asked for first
 * @param headerSecret id of a secret that is an Authorization header
 * @param knownHosts lines of a known_hosts file
 * @param sshAgent id of the client's agent; empty = none
 * @param commitTimes whether files get the commit's time, not that of the checkout
 * @param byCommit whether the checksum is fetched without looking the ref up
 * @param bundle identifier of the blob that is a git bundle to take the commit from
 * @param asBundle whether the result is a git bundle instead of the files
 */
record GitIdentifier(
    GitUrl url,
    String checksum,
    boolean keepGitDirectory,
    boolean submodules,
    String tokenSecret,
    String headerSecret,
    String knownHosts,
    String sshAgent,
    boolean commitTimes,
    boolean byCommit,
    Optional<String> bundle,
    boolean asBundle,
    Optional<GitSignature.Demand> signature,
    Map<String, String> attributes) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern HEX = Pattern.compile("[a-fA-F0-9]+");

  static GitIdentifier of(Op.Source source) throws SlipwayException {
    Map<String, String> attributes = source.attributes();
    GitUrl named = GitUrl.parse(source.locator());
    GitUrl url = named;
    String full = attributes.getOrDefault("git.fullurl", "");
    if (!full.isEmpty()) {
      GitUrl real = GitUrl.parse(full);
      url =
          new GitUrl(
              real.scheme(),
              real.host(),
              real.path(),
              real.remote(),
              named.ref(),
              named.directory());
    }
    if (url.ref().startsWith("-") || url.ref().chars().anyMatch(Character::isISOControl)) {
      throw invalid("invalid git ref \"" + url.ref() + "\"");
    }
    String checksum = attributes.getOrDefault("git.checksum", "");
    if (!checksum.isEmpty() && !HEX.matcher(checksum).matches()) {
      throw invalid("invalid checksum " + checksum + " for Git URL, expected hex commit hash");
    }
    GitIdentifier id =
        new GitIdentifier(
            url,
            checksum,
            is(attributes, "git.keepgitdir"),
            !is(attributes, "git.skipsubmodules"),
            attributes.getOrDefault("git.authtokensecret", ""),
            attributes.getOrDefault("git.authheadersecret", ""),
            attributes.getOrDefault("git.knownsshhosts", ""),
            attributes.getOrDefault("git.mountsshsock", ""),
            attributes.getOrDefault("git.mtime", "").equals("commit"),
            is(attributes, "git.fetchbycommit"),
            Optional.of(attributes.getOrDefault("git.bundle", "")).filter(b -> !b.isEmpty()),
            is(attributes, "git.checkoutbundle"),
            GitSignature.Demand.of(attributes),
            attributes);
    id.checkBundles();
    return id;
  }

  private void checkBundles() throws SlipwayException {
    if (bundle.isPresent()) {
      if (checksum.isEmpty()) {
        throw invalid("git.bundle requires git.checksum to be set");
      }
      if (isCommit(url.ref()) && !url.ref().startsWith(checksum)) {
        throw invalid("expected checksum to match " + checksum + ", got " + url.ref());
      }
    }
    if (asBundle && keepGitDirectory) {
      throw invalid("git.checkoutbundle is incompatible with git.keepgitdir");
    }
    if (asBundle && !url.directory().isEmpty()) {
      throw invalid("git.checkoutbundle is incompatible with git.subdir");
    }
  }

  /** Whether the text is the full name of an object, of either kind of repository. */
  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** The identifier that policies see: without what the attributes say better. */
  String canonical() {
    String path = url.path().startsWith("/") ? url.path() : "/" + url.path();
    String fragment = url.ref() + (url.directory().isEmpty() ? "" : ":" + url.directory());
    return "git://" + url.host() + path + (fragment.isEmpty() ? "" : "#" + fragment);
  }

  private static boolean is(Map<String, String> attributes, String key) {
    return attributes.getOrDefault(key, "").equals("true");
  }

  static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
