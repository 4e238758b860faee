package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.frontend.dockerfile.instruction.CsvRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The fields of a {@code RUN --mount} as written, for those who only look at them. */
public final class MountValues {
  private MountValues() {}

  /** Values by key in lower case; a key alone is {@code true}, the last one of a key counts. */
  public static Map<String, String> byKey(String mount) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String field : fields(mount)) {
      int equals = field.indexOf('=');
      String key = field.substring(0, equals < 0 ? field.length() : equals);
      values.put(key.toLowerCase(Locale.ROOT), equals < 0 ? "true" : field.substring(equals + 1));
    }
    return values;
  }

  /** Those in which variables are replaced: all but what it is mounted from. */
  static List<String> of(String mount) {
    return byKey(mount).entrySet().stream()
        .filter(entry -> !entry.getKey().equals("from"))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** One that cannot be read has none: the conversion says that as an error. */
  private static List<String> fields(String mount) {
    try {
      return CsvRecord.fields(mount);
    } catch (IllegalArgumentException _) {
      return List.of();
    }
  }
}
