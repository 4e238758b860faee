package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.dockerfile.convert.ConvertOptions;
import dev.slipway.frontend.dockerfile.convert.MainContext;
import dev.slipway.frontend.dockerfile.convert.NamedContexts;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The options of a request, checked. What nobody knows is ignored.
 *
 * @param platforms one at least; an empty one is the farm's own, because none was asked for
 */
record FrontendOptions(
    FrontendRequest request, List<Optional<Platform>> platforms, boolean multiPlatform) {
  private static final String BUILD_ARGUMENT = "build-arg:";
  private static final String LABEL = "label:";
  private static final String NAMED_CONTEXT = "context:";

  private static final Set<String> CAPABILITIES =
      Set.of(
          "moby.buildkit.frontend.inputs",
          "moby.buildkit.frontend.subrequests",
          "moby.buildkit.frontend.contexts",
          "moby.buildkit.frontend.gitquerystring");

  /** A directory of a client's session. */
  record Local(String name, String sessionId) {}

  static FrontendOptions parse(FrontendRequest request) throws SlipwayException {
    Map<String, String> options = request.options();
    checkCapabilities(options.getOrDefault("frontend.caps", ""));
    Set<Platform> platforms = new LinkedHashSet<>();
    for (String text : items(options.getOrDefault("platform", ""))) {
      try {
        platforms.add(Platform.parse(text));
      } catch (IllegalArgumentException e) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "failed to parse target platform " + text + ": " + e.getMessage(),
            e);
      }
    }
    List<Optional<Platform>> targets =
        platforms.isEmpty()
            ? List.of(Optional.empty())
            : platforms.stream().map(Optional::of).toList();
    return new FrontendOptions(request, targets, multiPlatform(options, targets.size() > 1));
  }

  /** What a client needs of the frontend; {@code +forward} = of the one that it is passed on to. */
  private static void checkCapabilities(String needed) throws NotOffered {
    for (String capability : items(needed)) {
      String name = capability.split("[+]", 2)[0];
      if (!CAPABILITIES.contains(name)) {
        throw new NotOffered(NotOffered.What.CAPABILITY, name);
      }
    }
  }

  private static boolean multiPlatform(Map<String, String> options, boolean several)
      throws SlipwayException {
    String argument = options.getOrDefault(BUILD_ARGUMENT + "BUILDKIT_MULTI_PLATFORM", "");
    String text = argument.isEmpty() ? options.getOrDefault("multi-platform", "") : argument;
    if (text.isEmpty()) {
      return several;
    }
    Optional<Boolean> asked = bool(text);
    if (asked.isEmpty()) {
      throw invalid("invalid boolean value for multi-platform: " + text);
    }
    if (several && !asked.get()) {
      throw invalid("conflicting config: returning multiple target platforms is not allowed");
    }
    return asked.get();
  }

  /** A truth value as Go reads it. */
  static Optional<Boolean> bool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /** What is asked instead of a build: {@code frontend.outline} and others. */
  Optional<String> question() {
    return Optional.ofNullable(request.options().get("requestid"));
  }

  /** The target stage, if one is named. */
  Optional<String> target() {
    return Optional.ofNullable(request.options().get("target")).filter(target -> !target.isEmpty());
  }

  /** A check that replaces that of the file. */
  Optional<String> check() {
    return Optional.ofNullable(request.options().get(BUILD_ARGUMENT + "BUILDKIT_DOCKERFILE_CHECK"));
  }

  String option(String key) {
    return request.options().getOrDefault(key, "");
  }

  String buildArgument(String name) {
    return option(BUILD_ARGUMENT + name);
  }

  String filename() {
    return request.options().getOrDefault("filename", "Dockerfile");
  }

  /** Whether the Dockerfile is the client's whatever the context is. */
  boolean dockerfileIsLocal() {
    return request.options().containsKey("dockerfilekey");
  }

  Local dockerfileLocal() {
    return local(request.options().getOrDefault("dockerfilekey", "dockerfile"));
  }

  /** Where the context is, if it is not the client's: a URL. */
  String contextUrl() {
    return option(contextKey());
  }

  Local contextLocal() {
    return local(contextKey());
  }

  private String contextKey() {
    return request.options().getOrDefault("contextkey", "context");
  }

  /** The session that has the client's directory. */
  Local local(String name) {
    return new Local(
        name, request.options().getOrDefault("local-sessionid:" + name, request.sessionId()));
  }

  String imageResolveMode() {
    return request.options().getOrDefault("image-resolve-mode", "default");
  }

  ConvertOptions convertOptions(MainContext context) throws SlipwayException {
    Map<String, String> options = request.options();
    String mode = imageResolveMode().isEmpty() ? "default" : imageResolveMode();
    if (!Set.of("default", "pull", "local").contains(mode)) {
      throw invalid("invalid image-resolve-mode: " + mode);
    }
    Optional<Set<String>> noCache =
        Optional.ofNullable(options.get("no-cache"))
            .map(stages -> Set.copyOf(items(stages.toLowerCase(Locale.ROOT))));
    return new ConvertOptions(
        buildPlatforms(),
        target(),
        withPrefix(BUILD_ARGUMENT),
        withPrefix(LABEL),
        noCache,
        new RunOptions(options).read(),
        multiPlatform,
        mode,
        new NamedContexts(new HashSet<>(withPrefix(NAMED_CONTEXT).keySet())),
        context);
  }

  private List<Platform> buildPlatforms() {
    Set<Platform> platforms = new LinkedHashSet<>();
    platforms.add(request.buildPlatform());
    platforms.addAll(request.platforms());
    return List.copyOf(platforms);
  }

  private Map<String, String> withPrefix(String prefix) {
    Map<String, String> found = new LinkedHashMap<>();
    request
        .options()
        .forEach((key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }

  private static List<String> items(String text) {
    List<String> items = new ArrayList<>();
    for (String item : text.split(",")) {
      if (!item.isBlank()) {
        items.add(item.strip());
      }
    }
    return items;
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
