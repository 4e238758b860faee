package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The flags of one statement, checked against what its instruction knows. */
final class Flags {
  private static final Set<String> REPEATABLE = Set.of("mount", "exclude", "device");

  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /**
   * @param known names that work
   * @param later names that BuildKit knows and this frontend refuses
   */
  Flags(SourceText source, Statement statement, Set<String> known, Set<String> later)
      throws SourceError {
    for (String flag : statement.flags()) {
      int equals = flag.indexOf('=');
      String name = flag.substring(2, equals < 0 ? flag.length() : equals);
      if (later.contains(name)) {
        if (!(equals >= 0 && flag.substring(equals + 1).equals("false"))) {
          throw source.unsupported(
              statement.range(), statement.keyword().toUpperCase(Locale.ROOT) + " --" + name);
        }
        continue;
      }
      if (!known.contains(name)) {
        List<String> candidates = Stream.concat(known.stream(), later.stream()).sorted().toList();
        throw source.syntaxError(
            statement.range(), "unknown flag: --" + name + Suggestion.of(name, candidates));
      }
      if (equals < 0) {
        throw source.syntaxError(statement.range(), "missing a value on flag: " + name);
      }
      List<String> list = values.computeIfAbsent(name, key -> new ArrayList<>());
      if (!list.isEmpty() && !REPEATABLE.contains(name)) {
        throw source.syntaxError(statement.range(), "duplicate flag specified: " + name);
      }
      list.add(flag.substring(equals + 1));
    }
  }

  /** Refuses every flag. */
  static void check(SourceText source, Statement statement) throws SourceError {
    new Flags(source, statement, Set.of(), Set.of());
  }

  Optional<String> value(String name) {
    return all(name).stream().findFirst().filter(value -> !value.isEmpty());
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }
}
