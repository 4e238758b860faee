package dev.slipway.identity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a client has proved.
 *
 * @param shown in words, for logs
 * @param values by name; several when the proof says several, such as names in a certificate
 */
record Facts(String shown, Map<String, List<String>> values) {
  static final Facts NONE = new Facts("anonymous", Map.of());

  Facts {
    values = Map.copyOf(values);
  }

  /** Both; the words are the other's, unless it is nothing. */
  Facts and(Facts other) {
    Map<String, List<String>> all = new HashMap<>(values);
    other.values.forEach((name, more) ->
        all.merge(
            name,
            more,
            (some, rest) -> {
              List<String> joined = new ArrayList<>(some);
              joined.addAll(rest);
              return List.copyOf(joined);
            }));
    return new Facts(other.values.isEmpty() ? shown : other.shown, all);
  }

  List<String> of(String name) {
    return values.getOrDefault(name, List.of());
  }
}
