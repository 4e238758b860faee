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

/** The flags of one statement, checked against what its instruction knows. */
final class Flags {
  /** What may stand after a flag's name. */
  enum Kind {
    /** One text. */
    TEXT,
    /** A text, each time that the flag is given. */
    TEXTS,
    /** {@code true}, {@code false} or nothing, which is true. */
    SWITCH
  }

  private final Map<String, List<String>> values = new LinkedHashMap<>();

  Flags(SourceText source, Statement statement, Map<String, Kind> known) throws SourceError {
    for (String flag : statement.flags()) {
      int equals = flag.indexOf('=');
      String name = flag.substring(2, equals < 0 ? flag.length() : equals);
      Optional<String> value =
          equals < 0 ? Optional.empty() : Optional.of(flag.substring(equals + 1));
      Kind kind = known.get(name);
      if (kind == null) {
        throw source.syntaxError(
            statement.range(),
            "unknown flag: --"
                + name
                + Suggestion.of(name, known.keySet().stream().sorted().toList()));
      }
      List<String> list = values.computeIfAbsent(name, key -> new ArrayList<>());
      if (!list.isEmpty() && kind != Kind.TEXTS) {
        throw source.syntaxError(statement.range(), "duplicate flag specified: --" + name);
      }
      if (kind == Kind.SWITCH ? value.filter(String::isEmpty).isPresent() : value.isEmpty()) {
        throw source.syntaxError(statement.range(), "missing a value on flag: --" + name);
      }
      list.add(kind == Kind.SWITCH ? bool(source, statement, name, value) : value.get());
    }
  }

  private static String bool(
      SourceText source, Statement statement, String name, Optional<String> value)
      throws SourceError {
    String lower = value.orElse("true").toLowerCase(Locale.ROOT);
    if (!lower.equals("true") && !lower.equals("false")) {
      throw source.syntaxError(
          statement.range(),
          "expecting boolean value for flag --" + name + ", not: " + value.orElse(""));
    }
    return lower;
  }

  /** Refuses every flag. */
  static void check(SourceText source, Statement statement) throws SourceError {
    new Flags(source, statement, Map.of());
  }

  /** The text of a flag; an empty one counts as none. */
  Optional<String> text(String name) {
    return given(name).filter(value -> !value.isEmpty());
  }

  /** The text of a flag as it was given. */
  Optional<String> given(String name) {
    return texts(name).stream().findFirst();
  }

  List<String> texts(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** A switch; empty when it was not given. */
  Optional<Boolean> toggle(String name) {
    return given(name).map(Boolean::parseBoolean);
  }
}
