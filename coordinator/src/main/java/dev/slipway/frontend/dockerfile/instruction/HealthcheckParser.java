package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.frontend.dockerfile.parser.Words;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code HEALTHCHECK}. */
final class HealthcheckParser {
  private static final Map<String, Flags.Kind> FLAGS =
      Map.of(
          "interval", Flags.Kind.TEXT,
          "timeout", Flags.Kind.TEXT,
          "start-period", Flags.Kind.TEXT,
          "start-interval", Flags.Kind.TEXT,
          "retries", Flags.Kind.TEXT);
  private static final long SHORTEST_NANOS = 1_000_000;
  private static final double LONGEST_NANOS = 9.2e18;
  private static final Pattern DURATION_PART =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{0,18})?|\\.[0-9]{1,18})(ns|us|µs|μs|ms|s|m|h)");
  private static final Map<String, Double> UNITS =
      Map.of(
          "ns", 1.0, "us", 1e3, "µs", 1e3, "μs", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9);

  private final SourceText source;

  HealthcheckParser(SourceText source) {
    this.source = source;
  }

  Instruction parse(Statement statement) throws SourceError {
    List<String> words = Words.fields(statement.arguments());
    if (words.isEmpty()) {
      throw source.syntaxError(statement.range(), "HEALTHCHECK requires at least one argument");
    }
    String type = words.getFirst().toUpperCase(Locale.ROOT);
    String rest = statement.arguments().substring(words.getFirst().length()).strip();
    if (type.equals("NONE")) {
      if (!rest.isEmpty()) {
        throw source.syntaxError(statement.range(), "HEALTHCHECK NONE takes no arguments");
      }
      return new Instruction.Healthcheck(Optional.empty(), 0, 0, 0, 0, 0);
    }
    Flags flags = new Flags(source, statement, FLAGS);
    if (!type.equals("CMD")) {
      throw source.syntaxError(
          statement.range(), "Unknown type \"" + type + "\" in HEALTHCHECK (try CMD)");
    }
    CommandLine command;
    try {
      command =
          Words.jsonArray(rest)
              .map(list -> new CommandLine(list, false))
              .orElse(new CommandLine(List.of(rest), true));
    } catch (IllegalArgumentException e) {
      throw source.syntaxError(statement.range(), e.getMessage());
    }
    if (rest.isEmpty() || command.words().isEmpty()) {
      throw source.syntaxError(statement.range(), "Missing command after HEALTHCHECK CMD");
    }
    return new Instruction.Healthcheck(
        Optional.of(command),
        duration(statement, flags, "interval"),
        duration(statement, flags, "timeout"),
        duration(statement, flags, "start-period"),
        duration(statement, flags, "start-interval"),
        retries(statement, flags));
  }

  private long duration(Statement statement, Flags flags, String name) throws SourceError {
    Optional<String> value = flags.text(name);
    if (value.isEmpty()) {
      return 0;
    }
    long nanos = nanos(value.get());
    if (nanos < 0) {
      throw source.syntaxError(statement.range(), "invalid duration \"" + value.get() + "\"");
    }
    if (nanos > 0 && nanos < SHORTEST_NANOS) {
      throw source.syntaxError(
          statement.range(), "Interval \"" + name + "\" cannot be less than 1ms");
    }
    return nanos;
  }

  /** Reads a duration as Go writes it; -1 when it is none. */
  static long nanos(String text) {
    if (text.equals("0")) {
      return 0;
    }
    Matcher matcher = DURATION_PART.matcher(text);
    double total = 0;
    int end = 0;
    while (end < text.length() && matcher.find(end) && matcher.start() == end) {
      total += Double.parseDouble(matcher.group(1)) * UNITS.get(matcher.group(2));
      end = matcher.end();
    }
    return text.isEmpty() || end != text.length() || total > LONGEST_NANOS ? -1 : Math.round(total);
  }

  private int retries(Statement statement, Flags flags) throws SourceError {
    Optional<String> value = flags.text("retries");
    if (value.isEmpty()) {
      return 0;
    }
    try {
      int retries = Integer.parseInt(value.get());
      if (retries >= 0) {
        return retries;
      }
    } catch (NumberFormatException e) {
      throw source.syntaxError(
          statement.range(), "invalid value \"" + value.get() + "\" of --retries");
    }
    throw source.syntaxError(
        statement.range(), "--retries cannot be negative (" + value.get() + ")");
  }
}
