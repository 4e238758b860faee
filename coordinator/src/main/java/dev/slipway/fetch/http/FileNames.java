package dev.slipway.fetch.http;

import dev.slipway.fetch.SingleFile;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a file that a URL gave. Pure. */
final class FileNames {
  /** One parameter of RFC 6266: {@code filename="a b"}, {@code filename=a}, {@code filename*=…}. */
  private static final Pattern PARAMETER =
      Pattern.compile(
          ";\\s*(filename\\*?)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s]*))",
          Pattern.CASE_INSENSITIVE);

  private FileNames() {}

  /**
   * The name that is wanted, else the server's, else the URL's last part, else {@code download}.
   *
   * @param disposition header Content-Disposition
   */
  static String of(HttpIdentifier source, Optional<String> disposition) {
    return source
        .file()
        .wantedName()
        .or(() -> disposition.flatMap(FileNames::ofDisposition))
        .or(() -> ofUrl(source.url()))
        .orElseGet(() -> SingleFile.safeName(""));
  }

  private static Optional<String> ofDisposition(String header) {
    Optional<String> plain = Optional.empty();
    Matcher parameters = PARAMETER.matcher(header);
    while (parameters.find()) {
      String value =
          parameters.group(2) != null
              ? parameters.group(2).replaceAll("\\\\(.)", "$1")
              : parameters.group(3);
      if (parameters.group(1).endsWith("*")) {
        Optional<String> extended = decoded(value);
        if (extended.isPresent()) {
          return extended.map(SingleFile::safeName);
        }
      } else {
        plain = Optional.of(value);
      }
    }
    return plain.filter(name -> !name.isEmpty() && !name.endsWith("/")).map(SingleFile::safeName);
  }

  /** RFC 8187: {@code UTF-8'en'percent-encoded}. */
  private static Optional<String> decoded(String value) {
    String[] parts = value.split("'", 3);
    if (parts.length != 3 || !parts[0].equalsIgnoreCase("utf-8")) {
      return Optional.empty();
    }
    return percentDecoded(parts[2]);
  }

  private static Optional<String> ofUrl(String url) {
    String path = url.replaceFirst("[?#].*$", "").replaceFirst("^[a-z]+://[^/]*", "");
    path = percentDecoded(path).orElse(path).replaceFirst("/+$", "");
    String last = path.substring(path.lastIndexOf('/') + 1);
    return last.isEmpty() || last.equals(".")
        ? Optional.empty()
        : Optional.of(SingleFile.safeName(last));
  }

  private static Optional<String> percentDecoded(String text) {
    try {
      return Optional.of(URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // not encoded at all, then
    }
  }
}
