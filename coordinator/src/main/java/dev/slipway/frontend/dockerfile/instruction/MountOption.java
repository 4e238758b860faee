package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code RUN --mount}, one CSV record of {@code key=value} fields.
 *
 * @param size of a tmpfs in bytes, 0 = the default
 */
public record MountOption(
    Type type, String target, String source, Optional<String> from, boolean readOnly, long size) {
  /** Kinds that work. */
  public enum Type {
    BIND,
    TMPFS
  }

  private static final Set<String> KEYS =
      Set.of(
          "type",
          "from",
          "source",
          "src",
          "target",
          "dst",
          "destination",
          "readonly",
          "ro",
          "readwrite",
          "rw",
          "id",
          "sharing",
          "required",
          "size",
          "mode",
          "uid",
          "gid",
          "env");
  private static final Set<String> FLAGS = Set.of("readonly", "ro", "readwrite", "rw", "required");
  private static final Set<String> LATER = Set.of("cache", "secret", "ssh");
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,15})\\s*([kmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

  /** How variables in a value are replaced. */
  @FunctionalInterface
  public interface Expander {
    String expand(String value) throws SlipwayException;
  }

  /** Reads the option. */
  public static MountOption parse(String text, Expander expander) throws SlipwayException {
    String typeName = "bind";
    for (String field : fields(text)) {
      if (field.toLowerCase(Locale.ROOT).startsWith("type=")) {
        typeName = expander.expand(field.substring("type=".length())).toLowerCase(Locale.ROOT);
      }
    }
    if (LATER.contains(typeName)) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "--mount=type=" + typeName + ": not supported yet");
    }
    boolean undecided = typeName.contains("$");
    if (!undecided && !typeName.equals("bind") && !typeName.equals("tmpfs")) {
      throw invalid("unsupported mount type \"" + typeName + "\"");
    }
    Type type = typeName.equals("tmpfs") ? Type.TMPFS : Type.BIND;
    String target = "";
    String source = "/";
    Optional<String> from = Optional.empty();
    boolean readOnly = type == Type.BIND;
    long size = 0;
    for (String field : fields(text)) {
      int equals = field.indexOf('=');
      String key =
          field.substring(0, equals < 0 ? field.length() : equals).toLowerCase(Locale.ROOT);
      if (equals < 0 && !FLAGS.contains(key)) {
        throw invalid("invalid field '" + field + "' must be a key=value pair");
      }
      if (!KEYS.contains(key)) {
        throw invalid(
            "unexpected key '"
                + key
                + "' in '"
                + field
                + "'"
                + Suggestion.of(key, KEYS.stream().sorted().toList()));
      }
      String raw = equals < 0 ? "true" : field.substring(equals + 1);
      if (key.equals("from")) {
        if (raw.contains("$")) {
          throw invalid("'from' doesn't support variable expansion, define alias stage instead");
        }
        from = Optional.of(raw);
        continue;
      }
      String value = expander.expand(raw);
      switch (key) {
        case "type" -> {}
        case "target", "dst", "destination" -> target = value;
        case "source", "src" -> source = value;
        case "readonly", "ro" -> readOnly = bool(key, value);
        case "readwrite", "rw" -> readOnly = !bool(key, value);
        case "size" -> size = size(value);
        default -> throw invalid("unexpected key '" + key + "' for mount type '" + typeName + "'");
      }
      boolean fits =
          type == Type.TMPFS ? !key.equals("source") && !key.equals("src") : !key.equals("size");
      if (!undecided && !fits) {
        throw invalid("unexpected key '" + key + "' for mount type '" + typeName + "'");
      }
    }
    if (type == Type.TMPFS && from.isPresent()) {
      throw invalid("unexpected key 'from' for mount type 'tmpfs'");
    }
    if (target.isEmpty()) {
      throw invalid("invalid mount target \"\"");
    }
    return new MountOption(type, target, source, from, readOnly, size);
  }

  private static boolean bool(String key, String value) throws SlipwayException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "1", "t" -> true;
      case "false", "0", "f" -> false;
      default -> {
        if (value.contains("$")) {
          yield true;
        }
        throw invalid("invalid value for " + key + ": " + value);
      }
    };
  }

  private static long size(String value) throws SlipwayException {
    Matcher matcher = SIZE.matcher(value);
    if (value.contains("$")) {
      return 0;
    }
    if (!matcher.matches()) {
      throw invalid("invalid value for size: " + value);
    }
    int shift =
        switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
          case "k" -> 10;
          case "m" -> 20;
          case "g" -> 30;
          case "t" -> 40;
          default -> 0;
        };
    long number = Long.parseLong(matcher.group(1));
    if (number > Long.MAX_VALUE >> shift) {
      throw invalid("invalid value for size: " + value);
    }
    return number << shift;
  }

  /** Splits one CSV record; a field may be double-quoted. */
  private static List<String> fields(String text) throws SlipwayException {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        field.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw invalid("failed to parse csv mounts: missing \"");
    }
    fields.add(field.toString());
    return fields;
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
