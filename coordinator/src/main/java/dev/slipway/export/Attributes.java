package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An exporter's attributes as they are read one after the other; what is left in the end nobody
 * knows. Words of errors are BuildKit's. Owned by one thread.
 */
final class Attributes {
  private final Map<String, String> left;

  Attributes(Map<String, String> given) {
    this.left = new TreeMap<>(given);
  }

  /** Takes the value. */
  Optional<String> text(String key) {
    return Optional.ofNullable(left.remove(key));
  }

  /** Takes a truth value; the empty text is true. */
  boolean flag(String key, boolean otherwise) throws SlipwayException {
    Optional<String> value = text(key);
    return value.isPresent() ? value.get().isEmpty() || truth(key, value.get()) : otherwise;
  }

  /** Takes a truth value that has to be said. */
  Optional<Boolean> truth(String key) throws SlipwayException {
    Optional<String> value = text(key);
    return value.isPresent() ? Optional.of(truth(key, value.get())) : Optional.empty();
  }

  private static boolean truth(String key, String value) throws SlipwayException {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new SlipwayException(
              ErrorKind.INVALID,
              "non-bool value specified for "
                  + key
                  + ": strconv.ParseBool: parsing \""
                  + value
                  + "\": invalid syntax");
    };
  }

  /** Takes {@code source-date-epoch}: not said, none, or a time. */
  Epoch epoch() throws SlipwayException {
    Optional<String> value = text("source-date-epoch");
    if (value.isEmpty()) {
      return Epoch.UNSAID;
    }
    if (value.get().isEmpty()) {
      return new Epoch(true, Optional.empty());
    }
    try {
      return new Epoch(true, Optional.of(Instant.ofEpochSecond(Long.parseLong(value.get()))));
    } catch (NumberFormatException | DateTimeException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "invalid source-date-epoch: strconv.ParseInt: parsing \""
              + value.get()
              + "\": invalid syntax",
          e);
    }
  }

  /** What was not taken. */
  Map<String, String> rest() {
    return left;
  }

  /**
   * The time that nothing may be after.
   *
   * @param said whether the client said it, be it that there is none: then the frontend's does not
   *     count
   */
  record Epoch(boolean said, Optional<Instant> time) {
    static final Epoch UNSAID = new Epoch(false, Optional.empty());

    /** The client's, else the frontend's. */
    Optional<Instant> of(ExportSource source, String platformId) throws SlipwayException {
      return said ? time : source.epoch(platformId);
    }
  }
}
