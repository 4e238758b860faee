package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository's address as BuildKit writes it: {@code https://host/path#ref:directory}, {@code
 * git@host:path#ref}.
 *
 * @param scheme http, https, ssh or git
 * @param host with port, without user
 * @param path on the host
 * @param remote what git is given: without the part after {@code #} and without a query
 * @param ref branch, tag, full name or commit; empty = the default branch
 * @param directory in the repository, relative; empty = all of it
 */
record GitUrl(
    String scheme, String host, String path, String remote, String ref, String directory) {
  private static final Set<String> SCHEMES = Set.of("http", "https", "ssh", "git");
  private static final Pattern SCHEME = Pattern.compile("^([a-zA-Z0-9]+)://(.*)$", Pattern.DOTALL);
  private static final Pattern LOCATION =
      Pattern.compile("^(?:[^/?#@]*@)?([^/?#@]*)([^?#]*)(?:\\?[^#]*)?(?:#(.*))?$", Pattern.DOTALL);
  private static final Pattern SCP =
      Pattern.compile(
          "^([a-zA-Z0-9_-]+)@([a-zA-Z0-9.-]+):(.*?)(?:\\?(.*?))?(?:#(.*))?$", Pattern.DOTALL);

  /** Whether the text says by itself how the repository is reached. */
  static boolean isTransport(String text) {
    Matcher scheme = SCHEME.matcher(text);
    return scheme.matches()
        ? SCHEMES.contains(scheme.group(1).toLowerCase(Locale.ROOT))
        : SCP.matcher(text).matches();
  }

  /** Parses an address; one without a scheme is https. @throws SlipwayException INVALID */
  static GitUrl parse(String given) throws SlipwayException {
    String text = isTransport(given) ? given : "https://" + given;
    Matcher scheme = SCHEME.matcher(text);
    if (scheme.matches()) {
      Matcher location = LOCATION.matcher(scheme.group(2));
      String name = scheme.group(1).toLowerCase(Locale.ROOT);
      if (!SCHEMES.contains(name) || !location.matches() || location.group(1).isEmpty()) {
        throw invalid(given);
      }
      return of(
          name,
          location.group(1),
          location.group(2),
          text.replaceFirst("(?s)[?#].*$", ""),
          location.group(3) == null ? "" : location.group(3));
    }
    Matcher scp = SCP.matcher(text);
    if (!scp.matches()) {
      throw invalid(given);
    }
    return of(
        "ssh",
        scp.group(2),
        scp.group(3),
        scp.group(1) + "@" + scp.group(2) + ":" + scp.group(3),
        scp.group(5) == null ? "" : scp.group(5));
  }

  private static GitUrl of(String scheme, String host, String path, String remote, String fragment)
      throws SlipwayException {
    if (remote.startsWith("-") || remote.chars().anyMatch(Character::isISOControl)) {
      throw invalid(remote);
    }
    int colon = fragment.indexOf(':');
    String ref = colon < 0 ? fragment : fragment.substring(0, colon);
    String directory = colon < 0 ? "" : fragment.substring(colon + 1);
    return new GitUrl(
        scheme,
        host,
        path,
        remote,
        ref,
        Path.of("/", directory).normalize().toString().substring(1));
  }

  /** The host alone. */
  String hostname() {
    if (host.startsWith("[")) {
      return host.substring(0, host.indexOf(']') + 1);
    }
    int colon = host.lastIndexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  /** A remote without the user and password in it, for messages. */
  static String redacted(String remote) {
    return remote.replaceFirst("^([a-zA-Z0-9]+://)[^/@]*@", "$1xxxxx:xxxxx@");
  }

  private static SlipwayException invalid(String text) {
    return new SlipwayException(
        ErrorKind.INVALID, "invalid git remote \"" + redacted(text) + "\": unknown protocol");
  }
}
