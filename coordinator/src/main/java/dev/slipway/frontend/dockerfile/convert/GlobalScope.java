package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.oci.Platform;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Arguments known before the first stage: the platforms, the target's name, and global ARGs.
 *
 * @param target the platform that is built for
 * @param implicit whether nobody asked for that platform
 * @param buildArguments those of the client
 */
record GlobalScope(
    Platform target,
    boolean implicit,
    Map<String, String> buildArguments,
    Map<String, String> values) {
  static final String EPOCH = "SOURCE_DATE_EPOCH";

  /**
   * Reads the scope.
   *
   * @param platform empty = the farm's own, because none was asked for
   * @param buildArguments replace the file's own ARGs
   */
  static GlobalScope of(
      BuildFile file,
      ConvertOptions options,
      Optional<Platform> platform,
      Map<String, String> buildArguments)
      throws SourceError {
    Platform target = platform.orElse(options.buildPlatform());
    Map<String, String> scope = new LinkedHashMap<>();
    platform(scope, "BUILD", options.buildPlatform());
    platform(scope, "TARGET", target);
    scope.put("TARGETSTAGE", targetStage(file, options));
    scope.replaceAll((name, value) -> options.buildArguments().getOrDefault(name, value));
    ShellLexer lexer = new ShellLexer(file.escape());
    for (Located located : file.globals()) {
      for (Instruction.Arg.Declaration declaration :
          ((Instruction.Arg) located.instruction()).declarations()) {
        String value = buildArguments.get(declaration.name());
        if (value == null && declaration.value().isPresent()) {
          try {
            value = lexer.word(declaration.value().get(), scope);
          } catch (SlipwayException e) {
            throw file.source().error(e.kind(), located.range(), e.getMessage());
          }
        }
        if (value != null) {
          scope.put(declaration.name(), value);
        }
      }
    }
    return new GlobalScope(target, platform.isEmpty(), options.buildArguments(), scope);
  }

  private static String targetStage(BuildFile file, ConvertOptions options) {
    return options.target().or(() -> file.stages().getLast().base().name()).orElse("default");
  }

  /** What SOURCE_DATE_EPOCH says, which may be a number of seconds or a name; empty = nothing. */
  Optional<String> epoch() {
    return Optional.ofNullable(buildArguments.getOrDefault(EPOCH, values.get(EPOCH)))
        .filter(value -> !value.isEmpty());
  }

  /** The same where SOURCE_DATE_EPOCH is the number that its name stands for, or is not set. */
  GlobalScope withEpoch(Optional<Long> seconds) {
    return new GlobalScope(
        target, implicit, replaced(buildArguments, seconds), replaced(values, seconds));
  }

  private static Map<String, String> replaced(Map<String, String> map, Optional<Long> seconds) {
    if (!map.containsKey(EPOCH)) {
      return map;
    }
    Map<String, String> changed = new LinkedHashMap<>(map);
    if (seconds.isPresent()) {
      changed.put(EPOCH, Long.toString(seconds.get()));
    } else {
      changed.remove(EPOCH);
    }
    return changed;
  }

  private static void platform(Map<String, String> scope, String prefix, Platform platform) {
    Platform plain = new Platform(platform.os(), platform.architecture(), platform.variant(), "");
    // BUILDPLATFORM comes without the version of the operating system, TARGETPLATFORM with it.
    scope.put(prefix + "PLATFORM", prefix.equals("BUILD") ? plain.id() : platform.id());
    scope.put(prefix + "OS", platform.os());
    scope.put(prefix + "OSVERSION", platform.osVersion());
    scope.put(prefix + "ARCH", platform.architecture());
    scope.put(prefix + "VARIANT", platform.variant());
  }
}
