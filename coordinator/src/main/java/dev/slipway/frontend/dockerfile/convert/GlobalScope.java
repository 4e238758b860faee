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

/** Arguments known before the first stage: the platforms, the target's name, and global ARGs. */
final class GlobalScope {
  private GlobalScope() {}

  /**
   * Build arguments replace what is known anyway; of the file's own ARGs those that are given do.
   */
  static Map<String, String> of(
      BuildFile file, ConvertOptions options, Platform target, Map<String, String> buildArguments)
      throws SourceError {
    Map<String, String> scope = new LinkedHashMap<>();
    platform(scope, "BUILD", options.buildPlatform());
    platform(scope, "TARGET", target);
    scope.put(
        "TARGETSTAGE",
        options.target().or(() -> file.stages().getLast().base().name()).orElse("default"));
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
    return scope;
  }

  private static void platform(Map<String, String> scope, String prefix, Platform platform) {
    scope.put(prefix + "PLATFORM", platform.id());
    scope.put(prefix + "OS", platform.os());
    scope.put(prefix + "OSVERSION", platform.osVersion());
    scope.put(prefix + "ARCH", platform.architecture());
    scope.put(prefix + "VARIANT", platform.variant());
  }
}
