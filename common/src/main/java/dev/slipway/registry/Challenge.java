package dev.slipway.registry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a registry wants to be authenticated to. RFC 9110, 11.6.1.
 *
 * @param scheme {@code bearer} or {@code basic}
 * @param parameters by lower-case name: realm, service, scope, error
 */
record Challenge(String scheme, Map<String, String> parameters) {
  private static final Pattern SCHEME = Pattern.compile("\\s*([A-Za-z0-9-]+)(?:\\s+|$)");
  private static final Pattern PARAMETER =
      Pattern.compile(
          "\\s*([A-Za-z0-9_-]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,\"]*))\\s*,?");

  /** A header longer than this is nobody's challenge. */
  private static final int LONGEST = 8 * 1024;

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  boolean bearer() {
    return scheme.equals("bearer");
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** The challenge that we can meet, Bearer rather than Basic; empty when there is none. */
  static Optional<Challenge> choose(List<String> headers) {
    List<Challenge> known =
        headers.stream()
            .filter(header -> header.length() <= LONGEST)
            .map(Challenge::parse)
            .flatMap(Optional::stream)
            .toList();
    return known.stream()
        .filter(Challenge::bearer)
        .findFirst()
        .or(() -> known.stream().filter(c -> c.scheme.equals("basic")).findFirst());
  }

  private static Optional<Challenge> parse(String header) {
    Matcher scheme = SCHEME.matcher(header);
    if (!scheme.lookingAt()) {
      return Optional.empty();
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    Matcher parameter = PARAMETER.matcher(header);
    int position = scheme.end();
    while (position < header.length() && parameter.region(position, header.length()).lookingAt()) {
      String value =
          parameter.group(2) != null
              ? parameter.group(2).replaceAll("\\\\(.)", "$1")
              : parameter.group(3);
      parameters.put(parameter.group(1).toLowerCase(Locale.ROOT), value);
      position = parameter.end();
    }
    return Optional.of(new Challenge(scheme.group(1).toLowerCase(Locale.ROOT), parameters));
  }
}
