package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Attributes;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Expander;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Type;
import dev.slipway.graph.Mount;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The fields of a {@code RUN --mount}, one after the other: what a type allows is judged by the
 * type that stands before. Messages as BuildKit's. Used once.
 */
final class MountFields {
  private static final List<String> TYPES = List.of("bind", "cache", "secret", "ssh", "tmpfs");
  private static final List<String> SHARINGS = List.of("locked", "private", "shared");
  private static final List<String> KEYS =
      List.of(
          "type",
          "from",
          "source",
          "target",
          "readonly",
          "id",
          "sharing",
          "required",
          "size",
          "mode",
          "uid",
          "gid",
          "src",
          "dst",
          "destination",
          "ro",
          "rw",
          "readwrite",
          "env");
  private static final Pattern SIZE =
      Pattern.compile(
          "([0-9]{1,15}(?:\\.[0-9]{1,15})?) ?([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
  private static final String SIZES = "kmgtp";
  private static final int UNIT_BITS = 10;

  private final Expander expander;
  private Type type = Type.BIND;
  private Optional<String> from = Optional.empty();
  private String source = "";
  private String target = "";
  private Optional<Boolean> readOnly = Optional.empty();
  private long size;
  private String id = "";
  private Optional<Mount.Sharing> sharing = Optional.empty();
  private boolean required;
  private Optional<String> environment = Optional.empty();
  private Optional<Integer> uid = Optional.empty();
  private Optional<Integer> gid = Optional.empty();
  private Optional<Integer> mode = Optional.empty();

  MountFields(Expander expander) {
    this.expander = expander;
  }

  static Optional<String> from(String text) throws SlipwayException {
    Optional<String> from = Optional.empty();
    for (String field : split(text)) {
      int equals = field.indexOf('=');
      if (equals < 0 || !field.substring(0, equals).equalsIgnoreCase("from")) {
        continue;
      }
      String value = field.substring(equals + 1);
      int dollar = value.indexOf('$');
      if (dollar >= 0 && dollar != value.length() - 1) {
        throw invalid("'from' doesn't support variable expansion, define alias stage instead");
      }
      from = Optional.of(value).filter(name -> !name.isEmpty());
    }
    return from;
  }

  MountOption read(String text) throws SlipwayException {
    for (String field : split(text)) {
      int equals = field.indexOf('=');
      String key =
          field.substring(0, equals < 0 ? field.length() : equals).toLowerCase(Locale.ROOT);
      if (equals < 0) {
        bare(key, field);
      } else {
        set(key, expander.expand(field.substring(equals + 1)), field);
      }
    }
    check();
    return new MountOption(
        type,
        from.filter(name -> !name.isEmpty()),
        source,
        target,
        readOnly.orElse(type != Type.CACHE && type != Type.TMPFS),
        size,
        id,
        sharing.orElse(Mount.Sharing.SHARED),
        required,
        environment,
        new Attributes(uid, gid, mode));
  }

  private static List<String> split(String text) throws SlipwayException {
    try {
      return CsvRecord.fields(text);
    } catch (IllegalArgumentException e) {
      throw invalid("failed to parse csv mounts: " + e.getMessage());
    }
  }

  private void bare(String key, String field) throws SlipwayException {
    switch (key) {
      case "readonly", "ro" -> readOnly = Optional.of(true);
      case "readwrite", "rw" -> readOnly = Optional.of(false);
      case "required" -> required(key, "true");
      default -> throw invalid("invalid field '" + field + "' must be a key=value pair");
    }
  }

  private void set(String key, String value, String field) throws SlipwayException {
    switch (key) {
      case "type" -> type = type(value);
      case "from" -> from = Optional.of(value);
      case "source", "src" -> source = value;
      case "target", "dst", "destination" -> target = value;
      case "readonly", "ro" -> readOnly = Optional.of(bool(key, value));
      case "readwrite", "rw" -> readOnly = Optional.of(!bool(key, value));
      case "required" -> required(key, value);
      case "size" -> {
        if (type != Type.TMPFS) {
          throw misplaced(key);
        }
        size = size(key, value);
      }
      case "id" -> id = value;
      case "sharing" -> sharing = Optional.of(sharing(value));
      case "mode" -> mode = Optional.of(number(key, value, 8));
      case "uid" -> uid = Optional.of(number(key, value, 10));
      case "gid" -> gid = Optional.of(number(key, value, 10));
      case "env" -> environment = Optional.of(value);
      default ->
          throw invalid(
              "unexpected key '" + key + "' in '" + field + "'" + Suggestion.of(key, KEYS));
    }
  }

  private void check() throws SlipwayException {
    if (type == Type.BIND || type == Type.TMPFS) {
      refuse("mode", mode.isPresent());
      refuse("uid", uid.isPresent());
      refuse("gid", gid.isPresent());
    }
    if (type == Type.SECRET) {
      if (from.filter(name -> !name.isEmpty()).isPresent()) {
        throw invalid("secret mount should not have a from");
      }
      if (sharing.isPresent()) {
        throw invalid("secret mount should not define sharing");
      }
      if (source.isEmpty() && target.isEmpty() && id.isEmpty()) {
        throw invalid("invalid secret mount. one of source, target required");
      }
      if (!source.isEmpty() && !id.isEmpty()) {
        throw invalid("both source and id can't be set");
      }
    }
    if (sharing.isPresent() && type != Type.CACHE) {
      throw invalid("invalid cache sharing set for " + typeName() + " mount");
    }
  }

  private void refuse(String key, boolean given) throws SlipwayException {
    if (given) {
      throw invalid(key + " not allowed for \"" + typeName() + "\" type mounts");
    }
  }

  private void required(String key, String value) throws SlipwayException {
    if (type != Type.SECRET && type != Type.SSH) {
      throw misplaced(key);
    }
    required = bool(key, value);
  }

  private SlipwayException misplaced(String key) {
    return invalid("unexpected key '" + key + "' for mount type '" + typeName() + "'");
  }

  private String typeName() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private static Type type(String value) throws SlipwayException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "bind" -> Type.BIND;
      case "cache" -> Type.CACHE;
      case "tmpfs" -> Type.TMPFS;
      case "secret" -> Type.SECRET;
      case "ssh" -> Type.SSH;
      default ->
          throw invalid("unsupported mount type \"" + value + "\"" + Suggestion.of(value, TYPES));
    };
  }

  private static Mount.Sharing sharing(String value) throws SlipwayException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "shared" -> Mount.Sharing.SHARED;
      case "private" -> Mount.Sharing.PRIVATE;
      case "locked" -> Mount.Sharing.LOCKED;
      default ->
          throw invalid(
              "unsupported sharing value \"" + value + "\"" + Suggestion.of(value, SHARINGS));
    };
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

  private static long size(String key, String value) throws SlipwayException {
    Matcher matcher = SIZE.matcher(value);
    if (!matcher.matches()) {
      throw invalid("invalid value for " + key + ": " + value);
    }
    String unit = matcher.group(2).toLowerCase(Locale.ROOT);
    int bits = unit.isEmpty() ? 0 : UNIT_BITS * (SIZES.indexOf(unit) + 1);
    double bytes = Double.parseDouble(matcher.group(1)) * (1L << bits);
    if (bytes > Long.MAX_VALUE / 2.0) {
      throw invalid("invalid value for " + key + ": " + value);
    }
    return (long) bytes;
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
