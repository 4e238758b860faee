package dev.slipway.oci;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a binary runs on. Always normalised: {@code arm64/v8} is {@code arm64}, {@code amd64/v1} is
 * {@code amd64}, {@code arm} is {@code arm/v7}, {@code x86_64} is {@code amd64}, {@code aarch64} is
 * {@code arm64}. OCI image-spec v1.1, image index, platform.
 *
 * @param os {@code linux}
 * @param architecture GOARCH name
 * @param variant {@code v7}, empty when there is none
 * @param osVersion empty when there is none
 */
public record Platform(String os, String architecture, String variant, String osVersion)
    implements Comparable<Platform> {
  public static final Platform LINUX_AMD64 = new Platform("linux", "amd64", "", "");
  public static final Platform LINUX_ARM64 = new Platform("linux", "arm64", "", "");

  private static final Pattern SHAPE =
      Pattern.compile(
          "([A-Za-z0-9_.-]+)(?:\\(([A-Za-z0-9_.-]*)\\))?(?:/([A-Za-z0-9_.-]+))?(?:/([A-Za-z0-9_.-]+))?");

  public Platform {
    os = os.toLowerCase(Locale.ROOT);
    architecture = architecture.toLowerCase(Locale.ROOT);
    variant = variant.toLowerCase(Locale.ROOT);
    if (os.isEmpty() || architecture.isEmpty()) {
      throw new IllegalArgumentException("platform needs an operating system and an architecture");
    }
    if (os.equals("macos")) {
      os = "darwin";
    }
    switch (architecture) {
      case "x86_64", "x86-64" -> architecture = "amd64";
      case "aarch64" -> architecture = "arm64";
      case "i386", "i486", "i586", "i686" -> architecture = "386";
      case "armhf" -> {
        architecture = "arm";
        variant = "v7";
      }
      case "armel" -> {
        architecture = "arm";
        variant = "v6";
      }
      default -> {}
    }
    if (architecture.equals("arm64") && (variant.equals("8") || variant.equals("v8"))) {
      variant = "";
    }
    if (architecture.equals("amd64") && variant.equals("v1")) {
      variant = "";
    }
    if (architecture.equals("arm")) {
      variant = variant.isEmpty() ? "v7" : variant.startsWith("v") ? variant : "v" + variant;
    }
  }

  /**
   * Parses {@code os[(version)]/arch[/variant]}, or {@code arch} alone (linux).
   *
   * @throws IllegalArgumentException if the text has another shape
   */
  public static Platform parse(String text) {
    Matcher matcher = SHAPE.matcher(text.trim());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(shapeError(text));
    }
    String version = matcher.group(2) == null ? "" : matcher.group(2);
    String architecture = matcher.group(3);
    if (architecture == null) {
      return new Platform("linux", matcher.group(1), "", version);
    }
    String variant = matcher.group(4) == null ? "" : matcher.group(4);
    return new Platform(matcher.group(1), architecture, variant, version);
  }

  /** In the words of those who know platforms from containerd. */
  private static String shapeError(String text) {
    for (String component : text.trim().split("/", -1)) {
      if (!component.matches("[A-Za-z0-9_.()+-]+")) {
        return "\""
            + component
            + "\" is an invalid component of \""
            + text
            + "\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument";
      }
    }
    return "\"" + text + "\": cannot parse platform specifier: invalid argument";
  }

  /** The platform id as it is used in result keys: {@code linux/arm/v7}. */
  public String id() {
    return os
        + (osVersion.isEmpty() ? "" : "(" + osVersion + ")")
        + "/"
        + architecture
        + (variant.isEmpty() ? "" : "/" + variant);
  }

  @Override
  public int compareTo(Platform other) {
    return id().compareTo(other.id());
  }

  @Override
  public String toString() {
    return id();
  }
}
