package dev.slipway.telemetry;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a metric is divided by. Never an image, a digest, an id or the text of an error: the number
 * of values is bounded.
 *
 * @param values all there can be; empty when the configuration bounds them, and then {@code
 *     meaning} says how
 */
public record Label(String name, List<String> values, String meaning) {
  static final Label PLATFORM =
      bounded("platform", "those that images are commonly made for, else `other`");
  static final Label TENANT =
      bounded("tenant", "`default`, those that the configuration names, else `other`");
  static final Label MAP = bounded("map", "a dozen names, those of `cluster.MapNames`");

  public Label {
    values = List.copyOf(values);
  }

  static <E extends Enum<E>> Label by(String name, Class<E> values) {
    return new Label(name, Stream.of(values.getEnumConstants()).map(Label::text).toList(), "");
  }

  static Label bounded(String name, String meaning) {
    return new Label(name, List.of(), meaning);
  }

  /** Whether all its values are known before the first one comes. */
  boolean isClosed() {
    return !values.isEmpty();
  }

  /** A value as it is shown. */
  static String text(Object value) {
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT)
        : String.valueOf(value);
  }
}
