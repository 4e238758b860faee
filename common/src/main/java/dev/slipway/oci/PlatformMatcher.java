package dev.slipway.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which of an image's manifests serves a platform: the platform itself, else the best that such a
 * machine also runs ({@code arm/v6} on {@code arm/v7}, {@code amd64} on {@code amd64/v3}, {@code
 * 386} on {@code amd64}, {@code arm} on {@code arm64}), as containerd chooses.
 */
public final class PlatformMatcher {
  private static final int LOWEST_ARM = 5;
  private static final int LOWEST_AMD64 = 1;

  private PlatformMatcher() {}

  /**
   * Returns the best manifest; the first one of equals. An entry that names no platform is taken
   * when nothing else fits, because the specification lets single-platform indexes omit it.
   */
  public static Optional<Descriptor> choose(List<Descriptor> manifests, Platform wanted) {
    for (Platform acceptable : acceptable(wanted)) {
      for (Descriptor manifest : manifests) {
        if (manifest.platform().isPresent() && same(manifest.platform().get(), acceptable)) {
          return Optional.of(manifest);
        }
      }
    }
    return manifests.stream()
        .filter(
            manifest -> manifest.platform().isEmpty() && !MediaTypes.isIndex(manifest.mediaType()))
        .findFirst();
  }

  /** What a machine of the platform runs, best first; the platform itself comes first. */
  public static List<Platform> acceptable(Platform wanted) {
    List<Platform> platforms = new ArrayList<>();
    platforms.add(wanted);
    switch (wanted.architecture()) {
      case "amd64" -> {
        for (int level = number(wanted.variant(), LOWEST_AMD64) - 1;
            level >= LOWEST_AMD64;
            level--) {
          platforms.add(new Platform(wanted.os(), "amd64", "v" + level, wanted.osVersion()));
        }
        platforms.add(new Platform(wanted.os(), "386", "", wanted.osVersion()));
      }
      case "arm64" -> {
        if (!wanted.variant().isEmpty()) {
          platforms.add(new Platform(wanted.os(), "arm64", "", wanted.osVersion()));
        }
        addArm(platforms, wanted, 8);
      }
      case "arm" -> addArm(platforms, wanted, number(wanted.variant(), 7) - 1);
      default -> {}
    }
    return List.copyOf(platforms);
  }

  private static void addArm(List<Platform> platforms, Platform wanted, int highest) {
    for (int version = highest; version >= LOWEST_ARM; version--) {
      platforms.add(new Platform(wanted.os(), "arm", "v" + version, wanted.osVersion()));
    }
  }

  private static boolean same(Platform offered, Platform wanted) {
    return offered.os().equals(wanted.os())
        && offered.architecture().equals(wanted.architecture())
        && offered.variant().equals(wanted.variant())
        && (wanted.osVersion().isEmpty() || wanted.osVersion().equals(offered.osVersion()));
  }

  private static int number(String variant, int otherwise) {
    return variant.matches("v[0-9]") ? variant.charAt(1) - '0' : otherwise;
  }
}
