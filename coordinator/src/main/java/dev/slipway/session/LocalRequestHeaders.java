package dev.slipway.session;

import dev.slipway.session.Session.LocalRequest;
import io.grpc.Metadata;
import io.grpc.Metadata.Key;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A request for a directory as headers. Values that a header cannot carry are query-escaped, all of
 * a key or none.
 */
final class LocalRequestHeaders {
  private LocalRequestHeaders() {}

  static Metadata of(LocalRequest request) {
    Metadata headers = new Metadata();
    put(headers, "dir-name", List.of(request.name()));
    put(headers, "include-patterns", request.includePatterns());
    put(headers, "exclude-patterns", request.excludePatterns());
    put(headers, "followpaths", request.followPaths());
    return headers;
  }

  private static void put(Metadata headers, String name, List<String> values) {
    boolean encoded = values.stream().anyMatch(LocalRequestHeaders::needsEncoding);
    Key<String> key = Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    for (String value : values) {
      headers.put(key, encoded ? URLEncoder.encode(value, StandardCharsets.UTF_8) : value);
    }
    if (encoded) {
      headers.put(Key.of(name + "-encoded", Metadata.ASCII_STRING_MARSHALLER), "1");
    }
  }

  /**
   * HTTP drops blanks at the ends; it knows neither control characters nor anything beyond ASCII.
   */
  private static boolean needsEncoding(String value) {
    return !value.equals(value.strip())
        || value.chars().anyMatch(character -> character < 0x20 || character > 0x7e);
  }
}
