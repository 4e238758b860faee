package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A git repository as users name it: {@code https://host/x.git#ref:directory}, {@code git://…},
 * {@code ssh://…}, {@code git@host:x.git}, {@code github.com/x/y}, each with a query instead of or
 * beside the fragment.
 *
 * @param scheme {@code http}, {@code https}, {@code ssh}, {@code git}
 * @param host with its port
 * @param path as the host knows it
 * @param remote what git is told: no fragment, no query
 * @param likeLocal whether a local path could be meant: {@code github.com/x/y}
 */
public record GitReference(
    String scheme, String host, String path, String remote, boolean likeLocal, Options options) {
  private static final Pattern URL =
      Pattern.compile("([a-zA-Z0-9]+)://([^/?#]*)([^?#]*)(?:\\?([^#]*))?(?:#(.*))?");
  private static final Pattern SCP =
      Pattern.compile("([a-zA-Z0-9-_]+)@([a-zA-Z0-9-.]+):(.*?)(?:\\?(.*?))?(?:#(.*))?");
  private static final List<String> SCHEMES = List.of("http", "https", "ssh", "git");
  private static final String TAGS = "refs/tags/";
  private static final String BRANCHES = "refs/heads/";

  /**
   * What of the repository is wanted.
   *
   * @param reference commit, tag or branch; empty = the default branch
   * @param directory inside the repository; empty = all
   * @param checksum commit that the reference must be; empty = any
   * @param modificationTime {@code checkout}, {@code commit} or empty
   */
  public record Options(
      String reference,
      String directory,
      String checksum,
      Optional<Boolean> keepGitDirectory,
      Optional<Boolean> submodules,
      String modificationTime,
      boolean fetchByCommit) {}

  /**
   * Reads a name; empty when it is no repository's.
   *
   * @throws SlipwayException INVALID when it is one and its query says nothing known
   */
  public static Optional<GitReference> parse(String text) throws SlipwayException {
    if (text.startsWith("./") || text.startsWith("../")) {
      return Optional.empty();
    }
    boolean likeLocal = text.startsWith("github.com/");
    Matcher url = URL.matcher(likeLocal ? "https://" + text : text);
    if (url.matches()) {
      String scheme = url.group(1).toLowerCase(Locale.ROOT);
      String path = decode(url.group(3));
      boolean web = scheme.startsWith("http");
      if (!SCHEMES.contains(scheme) || web && !likeLocal && !path.endsWith(".git")) {
        return Optional.empty();
      }
      String authority = url.group(2);
      return Optional.of(
          new GitReference(
              scheme,
              authority.substring(authority.lastIndexOf('@') + 1),
              path,
              scheme + "://" + authority + url.group(3),
              likeLocal,
              options(url.group(4), url.group(5))));
    }
    Matcher scp = SCP.matcher(text);
    if (!scp.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new GitReference(
            "ssh",
            scp.group(2),
            scp.group(3),
            scp.group(1) + "@" + scp.group(2) + ":" + scp.group(3),
            false,
            options(scp.group(4), scp.group(5))));
  }

  /** The same with another checksum, and a say about its {@code .git}, where they are given. */
  GitReference with(Optional<String> checksum, Optional<Boolean> keepGitDirectory) {
    return new GitReference(
        scheme,
        host,
        path,
        remote,
        likeLocal,
        new Options(
            options.reference,
            options.directory,
            checksum.orElse(options.checksum),
            keepGitDirectory.or(options::keepGitDirectory),
            options.submodules,
            options.modificationTime,
            options.fetchByCommit));
  }

  /** The same whose files bear the date of their commit, or of the check-out for an empty text. */
  public GitReference withModificationTime(String time) {
    return new GitReference(
        scheme,
        host,
        path,
        remote,
        likeLocal,
        new Options(
            options.reference,
            options.directory,
            options.checksum,
            options.keepGitDirectory,
            options.submodules,
            time,
            options.fetchByCommit));
  }

  /** The same with its {@code .git}. */
  public GitReference withGitDirectory() {
    return with(Optional.empty(), Optional.of(true));
  }

  private static Options options(String query, String fragment) throws SlipwayException {
    String reference = "";
    String directory = "";
    if (fragment != null && !fragment.isEmpty()) {
      String decoded = decode(fragment);
      int colon = decoded.indexOf(':');
      reference = colon < 0 ? decoded : decoded.substring(0, colon);
      directory = colon < 0 ? "" : PosixPath.clean(decoded.substring(colon + 1)).substring(1);
    }
    Map<String, String> values = query(query);
    if (values.containsKey("ref")) {
      reference = agree("ref", reference, values.get("ref"));
    }
    if (values.containsKey("subdir")) {
      directory = agree("subdir", directory, values.get("subdir"));
    }
    if (values.containsKey("tag")) {
      reference = agree("ref", reference, prefixed(TAGS, values.get("tag")));
    }
    if (values.containsKey("branch")) {
      if (values.containsKey("tag")) {
        throw invalid("branch conflicts with tag");
      }
      reference = agree("ref", reference, prefixed(BRANCHES, values.get("branch")));
    }
    String time = values.getOrDefault("mtime", "");
    if (!time.isEmpty() && !time.equals("checkout") && !time.equals("commit")) {
      throw invalid("invalid mtime value: \"" + time + "\" (must be \"checkout\" or \"commit\")");
    }
    return new Options(
        reference,
        directory,
        values.getOrDefault("checksum", values.getOrDefault("commit", "")),
        toggle(values, "keep-git-dir"),
        toggle(values, "submodules"),
        time,
        toggle(values, "fetch-by-commit").orElse(false));
  }

  private static Map<String, String> query(String query) throws SlipwayException {
    Map<String, String> values = new LinkedHashMap<>();
    if (query == null) {
      return values;
    }
    for (String part : query.split("&")) {
      if (part.isEmpty()) {
        continue;
      }
      int equals = part.indexOf('=');
      String key = decode(equals < 0 ? part : part.substring(0, equals)).replace('+', ' ');
      String value = equals < 0 ? "" : decode(part.substring(equals + 1).replace('+', ' '));
      boolean toggle = false;
      switch (key) {
        case "submodules", "keep-git-dir", "fetch-by-commit" -> toggle = true;
        case "ref", "tag", "branch", "subdir", "checksum", "commit", "mtime" -> {}
        default -> throw invalid("unexpected query \"" + key + "\"");
      }
      if (value.isEmpty() && !toggle) {
        throw invalid("query \"" + key + "\" has no value");
      }
      if (values.put(key, value) != null) {
        throw invalid("query \"" + key + "\" has multiple values");
      }
    }
    return values;
  }

  private static Optional<Boolean> toggle(Map<String, String> values, String key)
      throws SlipwayException {
    if (!values.containsKey(key)) {
      return Optional.empty();
    }
    return switch (values.get(key)) {
      case "", "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> throw invalid("invalid " + key + " value: \"" + values.get(key) + "\"");
    };
  }

  private static String agree(String what, String before, String now) throws SlipwayException {
    if (!before.isEmpty() && !before.equals(now)) {
      throw invalid(what + " conflicts: \"" + before + "\" vs \"" + now + "\"");
    }
    return now;
  }

  private static String prefixed(String prefix, String name) {
    return name.startsWith(prefix) ? name : prefix + name;
  }

  /** Takes percent escapes off; where one of them is none, the text means itself. */
  static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.write(bytes[i]);
        continue;
      }
      int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        return text;
      }
      decoded.write(high << 4 | low);
      i += 2;
    }
    return decoded.toString(StandardCharsets.UTF_8);
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
