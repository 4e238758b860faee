package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.Optional;
import java.util.Set;

/**
 * The named contexts that the client has, by the names of their options: they take the place of
 * stages and images of the same name.
 */
public record NamedContexts(Set<String> options) {
  public static final NamedContexts NONE = new NamedContexts(Set.of());

  private static final String LATEST = ":latest";

  public NamedContexts {
    options = Set.copyOf(options);
  }

  /**
   * Finds what stands for a name, one for the platform first. Options are named as images are: a
   * name that none may have finds nothing.
   */
  public Optional<ContextKey> find(String name, Platform platform) {
    if (options.isEmpty() || name.equalsIgnoreCase("scratch") || name.equalsIgnoreCase("context")) {
      return Optional.empty();
    }
    String familiar;
    try {
      familiar = ImageReference.parseAsWritten(name).familiar();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    String plain =
        familiar.endsWith(LATEST)
            ? familiar.substring(0, familiar.length() - LATEST.length())
            : familiar;
    String forPlatform = plain + "::" + platform.id();
    if (options.contains(forPlatform)) {
      return Optional.of(new ContextKey(forPlatform, platform));
    }
    return options.contains(plain)
        ? Optional.of(new ContextKey(plain, platform))
        : Optional.empty();
  }
}
