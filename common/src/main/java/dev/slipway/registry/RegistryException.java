package dev.slipway.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.OciJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a registry answered instead of what was asked. OCI distribution-spec v1.1, Error Codes. */
public final class RegistryException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  /** Nobody reads more than this of an error; a registry may send anything. */
  private static final int LONGEST_BODY = 64 * 1024;

  private static final int LONGEST_PLAIN_TEXT = 300;
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(1);

  /** The status of what did not answer. */
  private static final int NO_ANSWER = 0;

  private final int status;
  private final transient List<Diagnostic> diagnostics;
  private final String url;
  private final transient Optional<Duration> retryAfter;

  RegistryException(
      ErrorKind kind,
      String message,
      int status,
      List<Diagnostic> diagnostics,
      String url,
      Optional<Duration> retryAfter) {
    super(kind, message);
    this.status = status;
    this.diagnostics = List.copyOf(diagnostics);
    this.url = url;
    this.retryAfter = retryAfter;
  }

  /** Nothing was answered at all. */
  static RegistryException unreachable(String message, IOException cause) {
    RegistryException failure =
        new RegistryException(
            ErrorKind.UNAVAILABLE, message, NO_ANSWER, List.of(), "", Optional.empty());
    failure.initCause(cause);
    return failure;
  }

  /** What another process was told, or not told, by a registry. */
  public static RegistryException told(ErrorKind kind, String message) {
    return new RegistryException(kind, message, NO_ANSWER, List.of(), "", Optional.empty());
  }

  /** Whether a registry is behind the failure. */
  public static boolean caused(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RegistryException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the answer and closes it.
   *
   * @param what what was tried: {@code push of blob sha256:ab… to registry.test/app}
   */
  static RegistryException of(String what, HttpResponse<InputStream> response) {
    byte[] body = new byte[0];
    try (InputStream in = response.body()) {
      body = in.readNBytes(LONGEST_BODY);
    } catch (IOException e) {
      // The status says enough; a body that breaks off adds nothing.
    }
    List<Diagnostic> diagnostics = diagnostics(body);
    int status = response.statusCode();
    String detail =
        diagnostics.isEmpty()
            ? plainText(body)
            : String.join("; ", diagnostics.stream().map(Diagnostic::toString).toList());
    String message =
        what + " failed: " + status + (detail.isEmpty() ? " " + reason(status) : " " + detail);
    return new RegistryException(
        kind(status),
        message.strip(),
        status,
        diagnostics,
        redact(response.uri()),
        retryAfter(response));
  }

  private static ErrorKind kind(int status) {
    return switch (status) {
      case 401, 403 -> ErrorKind.DENIED;
      case 404 -> ErrorKind.NOT_FOUND;
      case 409 -> ErrorKind.CONFLICT;
      case 408, 425, 429 -> ErrorKind.UNAVAILABLE;
      case 507 -> ErrorKind.EXHAUSTED;
      default -> status >= 500 ? ErrorKind.UNAVAILABLE : ErrorKind.INVALID;
    };
  }

  private static String reason(int status) {
    return switch (status) {
      case 401 -> "unauthorized";
      case 403 -> "forbidden";
      case 404 -> "not found";
      case 429 -> "too many requests";
      case 500 -> "internal server error";
      case 502 -> "bad gateway";
      case 503 -> "service unavailable";
      default -> "";
    };
  }

  private static List<Diagnostic> diagnostics(byte[] body) {
    List<Diagnostic> diagnostics = new ArrayList<>();
    try {
      for (JsonNode error : OciJson.tree(body).path("errors")) {
        diagnostics.add(
            new Diagnostic(error.path("code").asText("UNKNOWN"), error.path("message").asText("")));
      }
    } catch (SlipwayException e) {
      // Not JSON: a proxy's page, most likely. The caller shows its beginning.
    }
    return diagnostics;
  }

  private static String plainText(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    if (text.isEmpty() || text.startsWith("<") || text.startsWith("{")) {
      return "";
    }
    String line = text.lines().findFirst().orElse("");
    return line.length() > LONGEST_PLAIN_TEXT ? line.substring(0, LONGEST_PLAIN_TEXT) + "…" : line;
  }

  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("retry-after")
        .flatMap(RegistryException::parseRetryAfter)
        .map(RegistryException::bounded);
  }

  private static Optional<Duration> parseRetryAfter(String text) {
    try {
      return Optional.of(Duration.ofSeconds(Math.max(0, Long.parseLong(text.strip()))));
    } catch (NumberFormatException notSeconds) {
      try {
        return Optional.of(
            Duration.between(
                ZonedDateTime.now(),
                ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)));
      } catch (DateTimeException neither) {
        return Optional.empty();
      }
    }
  }

  private static Duration bounded(Duration asked) {
    return asked.isNegative()
        ? Duration.ZERO
        : asked.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : asked;
  }

  /** The URL without user information and query, which may carry signatures. */
  static String redact(URI uri) {
    return uri.getScheme()
        + "://"
        + uri.getHost()
        + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
        + uri.getPath();
  }

  /** HTTP status; 0 when there was no answer. */
  public int status() {
    return status;
  }

  /** The registry's own words. */
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }

  /** What was asked, without query. */
  public String url() {
    return url;
  }

  /** How long the registry wants to be left alone, a minute at most. */
  Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** One entry of the error body. */
  public record Diagnostic(String code, String message) {
    @Override
    public String toString() {
      return message.isEmpty() ? code : code + ": " + message;
    }
  }
}
