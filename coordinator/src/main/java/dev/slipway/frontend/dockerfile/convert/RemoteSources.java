package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Source ops of repositories and files on the web, as LLB has them. */
public final class RemoteSources {
  private static final Pattern DIGEST =
      Pattern.compile("([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)");
  private static final Map<String, Integer> HEX_DIGITS =
      Map.of("sha256", 64, "sha384", 96, "sha512", 128);
  private static final Pattern WEB = Pattern.compile("https?://.*", Pattern.DOTALL);
  private static final String UNNAMED = "__unnamed__";

  private RemoteSources() {}

  /**
   * A repository. The identifier says what it is, whatever way leads to it; the attributes say the
   * way.
   */
  public static Op.Source git(GitReference git) {
    GitReference.Options options = git.options();
    StringBuilder identifier = new StringBuilder("git://").append(git.host());
    identifier.append(PosixPath.clean(git.path()));
    if (!options.reference().isEmpty() || !options.directory().isEmpty()) {
      identifier.append('#').append(options.reference());
      if (!options.directory().isEmpty()) {
        identifier.append(':').append(options.directory());
      }
    }
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("git.fullurl", git.remote());
    attributes.put("git.authtokensecret", "GIT_AUTH_TOKEN");
    attributes.put("git.authheadersecret", "GIT_AUTH_HEADER");
    if (options.keepGitDirectory().orElse(false)) {
      attributes.put("git.keepgitdir", "true");
    }
    if (git.scheme().equals("ssh")) {
      attributes.put("git.mountsshsock", "default");
    }
    if (!options.checksum().isEmpty()) {
      attributes.put("git.checksum", options.checksum());
    }
    if (!options.submodules().orElse(true)) {
      attributes.put("git.skipsubmodules", "true");
    }
    if (!options.modificationTime().isEmpty()) {
      attributes.put("git.mtime", options.modificationTime());
    }
    if (options.fetchByCommit()) {
      attributes.put("git.fetchbycommit", "true");
    }
    return new Op.Source(identifier.toString(), attributes);
  }

  /** Whether this is the address of a file, which a repository's is not. */
  public static boolean isWeb(String text) throws SlipwayException {
    return WEB.matcher(text).matches() && GitReference.parse(text).isEmpty();
  }

  /** A file under a name. */
  public static Op.Source http(String url, String filename, Optional<String> checksum)
      throws SlipwayException {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("http.filename", filename);
    if (checksum.isPresent()) {
      checkDigest(checksum.get());
      attributes.put("http.checksum", checksum.get());
    }
    return new Op.Source(url, attributes);
  }

  /** The last part of a URL's path, or a name that says that it has none. */
  public static String filename(String url) {
    String path = url.replaceFirst("[?#].*", "").replaceFirst("^https?://[^/]*", "");
    String base = path.isEmpty() ? "" : PosixPath.baseName(GitReference.decode(path));
    return base.isEmpty() ? UNNAMED : base;
  }

  private static void checkDigest(String digest) throws SlipwayException {
    Matcher matcher = DIGEST.matcher(digest);
    if (!matcher.matches()) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid checksum digest format");
    }
    Integer digits = HEX_DIGITS.get(matcher.group(1));
    if (digits == null) {
      throw new SlipwayException(ErrorKind.INVALID, "unsupported digest algorithm");
    }
    if (matcher.group(2).length() != digits) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid checksum digest length");
    }
    if (!matcher.group(2).matches("[a-f0-9]*")) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid checksum digest format");
    }
  }
}
