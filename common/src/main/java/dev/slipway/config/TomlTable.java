package dev.slipway.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One table of a configuration file. Errors name the file and the key; {@link #end} finds keys that
 * nobody asked for.
 */
final class TomlTable {
  private static final Pattern DURATION = Pattern.compile("(?:\\d+(?:ms|s|m|h|d))+");
  private static final Pattern DURATION_PART = Pattern.compile("(\\d+)(ms|s|m|h|d)");

  private final String file;
  private final String path;
  private final JsonNode node;
  private final Set<String> asked = new HashSet<>();

  TomlTable(String file, String path, JsonNode node) throws SlipwayException {
    this.file = file;
    this.path = path;
    this.node = node;
    if (!node.isObject()) {
      throw invalid("", "a table");
    }
  }

  Optional<String> text(String key) throws SlipwayException {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && (!value.get().isTextual() || value.get().textValue().isEmpty())) {
      throw invalid(key, "a text");
    }
    return value.map(JsonNode::textValue);
  }

  List<String> texts(String key) throws SlipwayException {
    List<String> texts = new ArrayList<>();
    Optional<JsonNode> value = value(key);
    if (value.isPresent()) {
      if (!value.get().isArray()) {
        throw invalid(key, "a list of texts");
      }
      for (JsonNode item : value.get()) {
        if (!item.isTextual() || item.textValue().isEmpty()) {
          throw invalid(key, "a list of texts");
        }
        texts.add(item.textValue());
      }
    }
    return texts;
  }

  /** A number of at least {@code least}. */
  OptionalInt number(String key, int least) throws SlipwayException {
    Optional<JsonNode> value = value(key);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!value.get().isInt() || value.get().intValue() < least) {
      throw invalid(key, "a number of at least " + least);
    }
    return OptionalInt.of(value.get().intValue());
  }

  Optional<Boolean> flag(String key) throws SlipwayException {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw invalid(key, "true or false");
    }
    return value.map(JsonNode::booleanValue);
  }

  /**
   * A number of seconds, or a text: {@code "500ms"}, {@code "90s"}, {@code "15m"}, {@code "48h"},
   * {@code "1h30m"}, {@code "7d"}.
   */
  Optional<Duration> duration(String key) throws SlipwayException {
    Optional<JsonNode> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (value.get().canConvertToLong() && value.get().longValue() > 0) {
      return Optional.of(Duration.ofSeconds(value.get().longValue()));
    }
    if (!value.get().isTextual() || !DURATION.matcher(value.get().textValue()).matches()) {
      throw invalid(key, "a duration like \"90s\", \"15m\" or \"48h\"");
    }
    Duration duration = Duration.ZERO;
    Matcher part = DURATION_PART.matcher(value.get().textValue());
    while (part.find()) {
      duration = duration.plus(unit(part.group(2)).multipliedBy(Long.parseLong(part.group(1))));
    }
    return Optional.of(duration);
  }

  private static Duration unit(String name) {
    return switch (name) {
      case "ms" -> Duration.ofMillis(1);
      case "s" -> Duration.ofSeconds(1);
      case "m" -> Duration.ofMinutes(1);
      case "h" -> Duration.ofHours(1);
      default -> Duration.ofDays(1);
    };
  }

  Optional<TomlTable> table(String key) throws SlipwayException {
    Optional<JsonNode> value = value(key);
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(new TomlTable(file, path + "." + key, value.get()));
  }

  /** The tables below the key, by name: {@code [queue.tenant.team-a]}. */
  Map<String, TomlTable> tables(String key) throws SlipwayException {
    Map<String, TomlTable> tables = new LinkedHashMap<>();
    Optional<JsonNode> value = value(key);
    if (value.isPresent()) {
      if (!value.get().isObject()) {
        throw invalid(key, "a table of tables");
      }
      for (Map.Entry<String, JsonNode> entry : value.get().properties()) {
        tables.put(
            entry.getKey(),
            new TomlTable(file, path + "." + key + "." + entry.getKey(), entry.getValue()));
      }
    }
    return tables;
  }

  /** The list of tables below the key: {@code [[worker.oci.gcpolicy]]}. */
  List<TomlTable> list(String key) throws SlipwayException {
    List<TomlTable> tables = new ArrayList<>();
    Optional<JsonNode> value = value(key);
    if (value.isPresent()) {
      if (!value.get().isArray()) {
        throw invalid(key, "a list of tables");
      }
      for (JsonNode item : value.get()) {
        tables.add(new TomlTable(file, path + "." + key, item));
      }
    }
    return tables;
  }

  /** The raw value, for keys with a syntax of their own. */
  Optional<JsonNode> value(String key) {
    asked.add(key);
    return Optional.ofNullable(node.get(key));
  }

  /** To be called last. @throws SlipwayException INVALID naming a key that nobody asked for */
  void end() throws SlipwayException {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!asked.contains(entry.getKey())) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "configuration " + file + " has the unknown key " + path + "." + entry.getKey());
      }
    }
  }

  SlipwayException invalid(String key, String expected) {
    String name = key.isEmpty() ? path : path + "." + key;
    return new SlipwayException(
        ErrorKind.INVALID, "configuration " + file + ": " + name + " must be " + expected);
  }
}
