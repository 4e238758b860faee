package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Expander;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Root;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Type;
import dev.slipway.graph.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The fields of a {@code RUN --mount}, one after the other. Messages as BuildKit's. */
final class MountFields {
  private static final List<String> TYPES = List.of("bind", "cache", "secret", "ssh", "tmpfs");
  private static final List<String> SHARINGS = List.of("locked", "private", "shared");
  private static final List<String> KEYS =
      List.of(
          "destination",
          "dst",
          "env",
          "from",
          "gid",
          "id",
          "mode",
          "readonly",
          "readwrite",
          "required",
          "ro",
          "rw",
          "sharing",
          "size",
          "source",
          "src",
          "target",
          "type",
          "uid");
  private static final Set<String> FLAGS = Set.of("readonly", "ro", "readwrite", "rw", "required");
  private static final Set<String> LATER = Set.of("secret", "ssh");
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,15})\\s*([kmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

  private final Expander expander;

  /** Whether variables have their values; else what has some is not looked at. */
  private final boolean complete;

  private String typeName = "bind";
  private String target = "";
  private String source = "";
  private Optional<String> from = Optional.empty();
  private Optional<Boolean> readOnly = Optional.empty();
  private long size;
  private String id = "";
  private Mount.Sharing sharing = Mount.Sharing.SHARED;
  private Optional<Root> root = Optional.empty();

  private MountFields(Expander expander, boolean complete) {
    this.expander = expander;
    this.complete = complete;
  }

  static MountFields read(String text, Expander expander, boolean complete)
      throws SlipwayException {
    MountFields mount = new MountFields(expander, complete);
    List<String> fields = split(text);
    mount.type(fields);
    for (String field : fields) {
      mount.field(field);
    }
    return mount;
  }

  MountOption option() {
    Type type =
        switch (typeName) {
          case "cache" -> Type.CACHE;
          case "tmpfs" -> Type.TMPFS;
          default -> Type.BIND;
        };
    return new MountOption(
        type,
        target,
        source,
        from,
        readOnly.orElse(type == Type.BIND),
        size,
        new MountOption.Cache(id, sharing, root));
  }

  /** The type decides what other fields mean, wherever it stands. */
  private void type(List<String> fields) throws SlipwayException {
    for (String field : fields) {
      if (field.toLowerCase(Locale.ROOT).startsWith("type=")) {
        typeName = expander.expand(field.substring("type=".length())).toLowerCase(Locale.ROOT);
      }
    }
    if (isOpen(typeName)) {
      return;
    }
    if (!TYPES.contains(typeName)) {
      throw invalid("unsupported mount type \"" + typeName + "\"" + Suggestion.of(typeName, TYPES));
    }
    if (LATER.contains(typeName)) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "--mount=type=" + typeName + ": not supported yet");
    }
  }

  private void field(String field) throws SlipwayException {
    int equals = field.indexOf('=');
    String key = field.substring(0, equals < 0 ? field.length() : equals).toLowerCase(Locale.ROOT);
    if (equals < 0 && !FLAGS.contains(key)) {
      throw invalid("invalid field '" + field + "' must be a key=value pair");
    }
    if (!KEYS.contains(key)) {
      throw invalid("unexpected key '" + key + "' in '" + field + "'" + Suggestion.of(key, KEYS));
    }
    String raw = equals < 0 ? "true" : field.substring(equals + 1);
    if (key.equals("from")) {
      if (raw.contains("$")) {
        throw invalid("'from' doesn't support variable expansion, define alias stage instead");
      }
      fits(key, "bind", "cache");
      from = Optional.of(raw);
      return;
    }
    String value = expander.expand(raw);
    if (!isOpen(value)) {
      set(key, value);
    }
  }

  private void set(String key, String value) throws SlipwayException {
    switch (key) {
      case "type" -> {}
      case "target", "dst", "destination" -> target = value;
      case "source", "src" -> {
        fits(key, "bind", "cache");
        source = value;
      }
      case "readonly", "ro" -> readOnly = Optional.of(bool(key, value));
      case "readwrite", "rw" -> readOnly = Optional.of(!bool(key, value));
      case "size" -> {
        fits(key, "tmpfs");
        size = size(value);
      }
      case "id" -> id = value;
      case "sharing" -> sharing = sharing(value);
      case "mode" -> {
        attribute(key);
        Root before = root.orElse(Root.DEFAULT);
        root = Optional.of(new Root(before.uid(), before.gid(), number(key, value, 8)));
      }
      case "uid" -> {
        attribute(key);
        Root before = root.orElse(Root.DEFAULT);
        root = Optional.of(new Root(number(key, value, 10), before.gid(), before.mode()));
      }
      case "gid" -> {
        attribute(key);
        Root before = root.orElse(Root.DEFAULT);
        root = Optional.of(new Root(before.uid(), number(key, value, 10), before.mode()));
      }
      default -> throw misplaced(key);
    }
  }

  private void fits(String key, String... types) throws SlipwayException {
    if (!isOpen(typeName) && !List.of(types).contains(typeName)) {
      throw misplaced(key);
    }
  }

  private SlipwayException misplaced(String key) {
    return invalid("unexpected key '" + key + "' for mount type '" + typeName + "'");
  }

  private void attribute(String key) throws SlipwayException {
    if (!isOpen(typeName) && !typeName.equals("cache")) {
      throw invalid(key + " not allowed for \"" + typeName + "\" type mounts");
    }
  }

  private Mount.Sharing sharing(String value) throws SlipwayException {
    Mount.Sharing found =
        switch (value.toLowerCase(Locale.ROOT)) {
          case "shared" -> Mount.Sharing.SHARED;
          case "private" -> Mount.Sharing.PRIVATE;
          case "locked" -> Mount.Sharing.LOCKED;
          default ->
              throw invalid(
                  "unsupported sharing value \"" + value + "\"" + Suggestion.of(value, SHARINGS));
        };
    if (!isOpen(typeName) && !typeName.equals("cache")) {
      throw invalid("invalid cache sharing set for " + typeName + " mount");
    }
    return found;
  }

  private boolean isOpen(String value) {
    return !complete && value.contains("$");
  }

  private static boolean bool(String key, String value) throws SlipwayException {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw invalid("invalid value for " + key + ": " + value);
    };
  }

  /** Of 32 bits, without a sign. */
  private static int number(String key, String value, int radix) throws SlipwayException {
    if (value.startsWith("+") || value.length() > 32) {
      throw invalid("invalid value " + value + " for " + key);
    }
    try {
      return Integer.parseUnsignedInt(value, radix);
    } catch (NumberFormatException _) {
      throw invalid("invalid value " + value + " for " + key);
    }
  }

  private static long size(String value) throws SlipwayException {
    Matcher matcher = SIZE.matcher(value);
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
  private static List<String> split(String text) throws SlipwayException {
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
