package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Locale;

/**
 * The value of {@code RUN --device}.
 *
 * @param name CDI name, {@code vendor.com/class=device}
 * @param required whether the step fails without it
 */
public record DeviceOption(String name, boolean required) {
  private static final List<String> KEYS = List.of("name", "required");

  /** Reads the option. @throws SlipwayException INVALID when it is none */
  public static DeviceOption parse(String text) throws SlipwayException {
    List<String> fields;
    try {
      fields = CsvRecord.fields(text);
    } catch (IllegalArgumentException e) {
      throw invalid("failed to parse csv devices: " + e.getMessage());
    }
    String name = "";
    boolean required = false;
    for (String field : fields) {
      int equals = field.indexOf('=');
      String key =
          field.substring(0, equals < 0 ? field.length() : equals).toLowerCase(Locale.ROOT);
      if (equals >= 0 && key.equals("name")) {
        if (!name.isEmpty()) {
          throw invalid("device name already set to " + name);
        }
        name = field.substring(equals + 1);
      } else if (key.equals("required")) {
        required = equals < 0 || bool(key, field.substring(equals + 1));
      } else if (name.isEmpty()) {
        name = field;
      } else if (equals < 0) {
        throw invalid("invalid field '" + field + "' must be a key=value pair");
      } else {
        throw invalid("unexpected key '" + key + "' in '" + field + "'" + Suggestion.of(key, KEYS));
      }
    }
    return new DeviceOption(name, required);
  }

  private static boolean bool(String key, String value) throws SlipwayException {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw invalid("invalid value for " + key + ": " + value);
    };
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
