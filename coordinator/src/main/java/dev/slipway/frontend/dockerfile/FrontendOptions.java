package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.dockerfile.convert.ConvertOptions;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The options of a request, checked. What is known and not there is refused, what nobody knows is
 * ignored.
 */
record FrontendOptions(
    FrontendRequest request, List<Platform> platforms, boolean multiPlatform, OptionalLong epoch) {
  private static final String BUILD_ARGUMENT = "build-arg:";
  private static final String LABEL = "label:";

  /** Options that would change the result and do nothing here yet. */
  private static final Set<String> LATER =
      Set.of(
          "context",
          "contextsubdir",
          "shm-size",
          "cgroup-parent",
          "memory",
          "memswap",
          "cpushares",
          "cpuperiod",
          "cpuquota",
          "cpusetcpus",
          "cpusetmems");

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
    for (String key : options.keySet().stream().sorted().toList()) {
      if (LATER.contains(key) && !options.get(key).isEmpty() && !options.get(key).equals("0")) {
        throw unsupported("option " + key);
      }
      if (key.startsWith("context:")) {
        throw unsupported("named context " + key.substring("context:".length()));
      }
    }
    if (!request.inputs().isEmpty()) {
      throw unsupported(
          "frontend input " + request.inputs().keySet().stream().sorted().findFirst().orElse(""));
    }
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
    if (platforms.isEmpty()) {
      platforms.add(request.buildPlatform());
    }
    boolean forced =
        isTrue(
            "multi-platform",
            options.getOrDefault(
                "multi-platform",
                options.getOrDefault(BUILD_ARGUMENT + "BUILDKIT_MULTI_PLATFORM", "")));
    return new FrontendOptions(
        request, List.copyOf(platforms), forced || platforms.size() > 1, epoch(options));
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

  String filename() {
    return request.options().getOrDefault("filename", "Dockerfile");
  }

  Local dockerfileLocal() {
    return local(request.options().getOrDefault("dockerfilekey", "dockerfile"));
  }

  Local contextLocal() {
    return local(request.options().getOrDefault("contextkey", "context"));
  }

  String imageResolveMode() {
    return request.options().getOrDefault("image-resolve-mode", "default");
  }

  private Local local(String name) {
    return new Local(
        name, request.options().getOrDefault("local-sessionid:" + name, request.sessionId()));
  }

  ConvertOptions convertOptions(List<String> ignorePatterns) throws SlipwayException {
    Map<String, String> options = request.options();
    String mode = imageResolveMode();
    if (!Set.of("default", "pull", "local").contains(mode)) {
      throw invalid("invalid image-resolve-mode: " + mode);
    }
    Optional<Set<String>> noCache =
        Optional.ofNullable(options.get("no-cache"))
            .map(stages -> Set.copyOf(items(stages.toLowerCase(Locale.ROOT))));
    Local context = contextLocal();
    return new ConvertOptions(
        request.buildPlatform(),
        target(),
        withPrefix(BUILD_ARGUMENT),
        withPrefix(LABEL),
        noCache,
        new ConvertOptions.Exec(
            hosts(options), ulimits(options), hostname(options), network(options)),
        multiPlatform,
        mode,
        epoch,
        new ConvertOptions.Context(context.name(), context.sessionId(), ignorePatterns));
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

  private static String hostname(Map<String, String> options) {
    return options.getOrDefault(
        "hostname", options.getOrDefault(BUILD_ARGUMENT + "BUILDKIT_SANDBOX_HOSTNAME", ""));
  }

  private static Op.Network network(Map<String, String> options) throws SlipwayException {
    return switch (options.getOrDefault("force-network-mode", "")) {
      case "host" -> Op.Network.HOST;
      case "none" -> Op.Network.NONE;
      case "", "sandbox", "default" -> Op.Network.SANDBOX;
      default -> throw invalid("invalid force-network-mode: " + options.get("force-network-mode"));
    };
  }

  private static List<ExecMeta.ExtraHost> hosts(Map<String, String> options)
      throws SlipwayException {
    List<ExecMeta.ExtraHost> hosts = new ArrayList<>();
    for (String item : items(options.getOrDefault("add-hosts", ""))) {
      int equals = item.indexOf('=');
      if (equals <= 0 || equals == item.length() - 1) {
        throw invalid("invalid add-hosts entry \"" + item + "\": expected host=ip");
      }
      hosts.add(new ExecMeta.ExtraHost(item.substring(0, equals), item.substring(equals + 1)));
    }
    return hosts;
  }

  private static List<ExecMeta.Ulimit> ulimits(Map<String, String> options)
      throws SlipwayException {
    List<ExecMeta.Ulimit> limits = new ArrayList<>();
    for (String item : items(options.getOrDefault("ulimit", ""))) {
      if (!item.matches("[a-z]+=-?[0-9]{1,18}(:-?[0-9]{1,18})?")) {
        throw invalid("invalid ulimit \"" + item + "\": expected name=soft[:hard]");
      }
      String[] parts = item.split("[=:]");
      long soft = Long.parseLong(parts[1]);
      limits.add(
          new ExecMeta.Ulimit(parts[0], soft, parts.length > 2 ? Long.parseLong(parts[2]) : soft));
    }
    return limits;
  }

  private static OptionalLong epoch(Map<String, String> options) throws SlipwayException {
    String text = options.getOrDefault(BUILD_ARGUMENT + "SOURCE_DATE_EPOCH", "");
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!text.matches("[0-9]{1,10}")) {
      throw unsupported("SOURCE_DATE_EPOCH \"" + text + "\" that is no number of seconds");
    }
    return OptionalLong.of(Long.parseLong(text));
  }

  private static boolean isTrue(String key, String value) throws SlipwayException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "1", "t" -> true;
      case "", "false", "0", "f" -> false;
      default -> throw invalid("invalid boolean value of " + key + ": " + value);
    };
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

  private static SlipwayException unsupported(String what) {
    return new SlipwayException(ErrorKind.UNSUPPORTED, what + ": not supported yet");
  }
}
