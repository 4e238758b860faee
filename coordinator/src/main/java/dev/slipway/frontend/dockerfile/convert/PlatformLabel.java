package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.Platform;
import java.util.Map;

/**
 * The platform in the name of a step; a stage that builds for another one and says so by its ARGs
 * shows both.
 */
final class PlatformLabel {
  private PlatformLabel() {}

  static String of(Platform stage, Map<String, String> environment) {
    String os = environment.getOrDefault("TARGETOS", "");
    String architecture = environment.getOrDefault("TARGETARCH", "");
    String variant = environment.getOrDefault("TARGETVARIANT", "");
    Platform target;
    try {
      target =
          environment.containsKey("TARGETPLATFORM")
              ? Platform.parse(environment.get("TARGETPLATFORM"))
              : new Platform(
                  os.isEmpty() ? stage.os() : os,
                  architecture.isEmpty() ? stage.architecture() : architecture,
                  architecture.isEmpty() ? stage.variant() : variant,
                  "");
    } catch (IllegalArgumentException e) {
      return stage.id();
    }
    boolean sameOs = target.os().equals(stage.os());
    // A variant alone makes no other platform: who names only the architecture means any of them.
    if (sameOs && target.architecture().equals(stage.architecture())) {
      return stage.id();
    }
    return stage.id()
        + "->"
        + (sameOs ? target.id().substring(target.os().length() + 1) : target.id());
  }
}
