package dev.slipway.control;

import dev.slipway.explain.Subject;
import dev.slipway.oci.ImageReference;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a build is of, as far as its request says. */
final class Subjects {
  private static final String ARGUMENT = "build-arg:";

  private Subjects() {}

  static Subject of(Order order) {
    Map<String, String> attributes = order.question().options();
    Set<String> arguments = new HashSet<>();
    attributes.keySet().stream()
        .filter(name -> name.startsWith(ARGUMENT))
        .forEach(name -> arguments.add(name.substring(ARGUMENT.length())));
    return new Subject(
        repository(attributes).or(() -> image(order)).orElse(""), order.name(), arguments);
  }

  /** What {@code docker buildx} says of the working copy that it builds from. */
  private static Optional<String> repository(Map<String, String> attributes) {
    return Optional.ofNullable(attributes.get("vcs:source"))
        .map(source -> source + " " + attributes.getOrDefault("vcs:localdir:dockerfile", ""));
  }

  /** The first image that it makes, whatever its tag. */
  private static Optional<String> image(Order order) {
    return order.exports().stream()
        .map(export -> export.attributes().getOrDefault("name", "").split(",")[0].strip())
        .filter(name -> !name.isEmpty())
        .findFirst()
        .map(Subjects::withoutTag);
  }

  private static String withoutTag(String name) {
    try {
      return ImageReference.parse(name).name();
    } catch (IllegalArgumentException _) {
      return name; // the export will say so
    }
  }
}
