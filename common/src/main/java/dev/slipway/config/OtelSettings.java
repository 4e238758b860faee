package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code [otel]}: where traces go. What it leaves open, OpenTelemetry's own variables say.
 *
 * @param endpoint of an OTLP collector, {@code http://host:4317}; empty = no traces
 * @param protocol what it speaks
 * @param headers sent with each call
 */
public record OtelSettings(
    Optional<URI> endpoint, Optional<Protocol> protocol, Map<String, String> headers) {
  public static final OtelSettings DEFAULT =
      new OtelSettings(Optional.empty(), Optional.empty(), Map.of());

  private static final String PREFIX = "OTEL_EXPORTER_OTLP_";

  /** How spans are sent. */
  public enum Protocol {
    GRPC,
    /** To {@code /v1/traces} below the endpoint, unless that has a path. */
    HTTP
  }

  public OtelSettings {
    headers = Map.copyOf(headers);
  }

  static OtelSettings read(TomlTable table) throws SlipwayException {
    Optional<URI> endpoint = Optional.empty();
    Optional<String> text = table.text("endpoint");
    if (text.isPresent()) {
      endpoint =
          Optional.of(
              uri(text.get())
                  .orElseThrow(() ->
                      table.invalid("endpoint", "an address like \"http://collector:4317\"")));
    }
    Optional<Protocol> protocol = Optional.empty();
    Optional<String> name = table.text("protocol");
    if (name.isPresent()) {
      protocol =
          Optional.of(
              protocol(name.get())
                  .orElseThrow(() -> table.invalid("protocol", "\"grpc\" or \"http/protobuf\"")));
    }
    table.text("socketPath"); // buildkitd's: where its steps reach it; ours reach nothing of it
    table.end();
    return new OtelSettings(endpoint, protocol, Map.of());
  }

  /**
   * These, completed by {@code OTEL_EXPORTER_OTLP_[TRACES_]ENDPOINT}, {@code …PROTOCOL} and {@code
   * …HEADERS}; {@code OTEL_SDK_DISABLED=true} switches all off.
   */
  public OtelSettings with(Map<String, String> environment) throws SlipwayException {
    if (Boolean.parseBoolean(environment.getOrDefault("OTEL_SDK_DISABLED", ""))) {
      return DEFAULT;
    }
    Optional<URI> where = endpoint;
    Optional<String> told = variable(environment, "ENDPOINT");
    if (where.isEmpty() && told.isPresent()) {
      where = Optional.of(uri(told.get()).orElseThrow(() -> invalid("ENDPOINT", told.get())));
    }
    Optional<Protocol> how = protocol;
    Optional<String> name = variable(environment, "PROTOCOL");
    if (how.isEmpty() && name.isPresent()) {
      how = Optional.of(protocol(name.get()).orElseThrow(() -> invalid("PROTOCOL", name.get())));
    }
    Map<String, String> all = new LinkedHashMap<>(headers);
    for (String pair : variable(environment, "HEADERS").orElse("").split(",")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        all.putIfAbsent(
            pair.substring(0, equals).strip().toLowerCase(Locale.ROOT),
            pair.substring(equals + 1).strip());
      }
    }
    return new OtelSettings(where, how, all);
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(PREFIX + "TRACES_" + name))
        .or(() -> Optional.ofNullable(environment.get(PREFIX + name)))
        .filter(value -> !value.isBlank());
  }

  private static Optional<URI> uri(String text) {
    try {
      URI uri = URI.create(text.strip());
      boolean known = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return known && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static Optional<Protocol> protocol(String name) {
    return switch (name) {
      case "grpc" -> Optional.of(Protocol.GRPC);
      case "http/protobuf" -> Optional.of(Protocol.HTTP);
      default -> Optional.empty();
    };
  }

  private static SlipwayException invalid(String variable, String value) {
    return new SlipwayException(
        ErrorKind.INVALID, "the variable " + PREFIX + variable + " cannot be \"" + value + "\"");
  }
}
