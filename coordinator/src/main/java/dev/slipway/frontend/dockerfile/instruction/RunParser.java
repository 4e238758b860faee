package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Flags.Kind;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Run.Network;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code RUN}. */
final class RunParser {
  private static final Map<String, Kind> FLAGS =
      Map.of(
          "mount", Kind.TEXTS,
          "device", Kind.TEXTS,
          "network", Kind.TEXT,
          "security", Kind.TEXT);

  private final SourceText source;

  RunParser(SourceText source) {
    this.source = source;
  }

  Instruction parse(Statement statement, CommandLine command) throws SourceError {
    Flags flags = new Flags(source, statement, FLAGS);
    String network = flags.given("network").orElse("default");
    Network mode =
        switch (network) {
          case "default" -> Network.DEFAULT;
          case "none" -> Network.NONE;
          case "host" -> Network.HOST;
          default ->
              throw source.syntaxError(
                  statement.range(), "invalid network mode \"" + network + "\"");
        };
    String security = flags.given("security").orElse("sandbox");
    if (!security.equals("sandbox") && !security.equals("insecure")) {
      throw source.syntaxError(statement.range(), "security \"" + security + "\" is not valid");
    }
    List<DeviceOption> devices = new ArrayList<>();
    try {
      for (String mount : flags.texts("mount")) {
        MountOption.from(mount);
      }
      for (String device : flags.texts("device")) {
        devices.add(DeviceOption.parse(device));
      }
    } catch (SlipwayException e) {
      throw source.syntaxError(statement.range(), e.getMessage());
    }
    return new Instruction.Run(
        command,
        statement.heredocs(),
        flags.texts("mount"),
        mode,
        security.equals("insecure"),
        devices);
  }
}
