package dev.slipway;

import dev.slipway.config.FarmCa;
import dev.slipway.config.FarmSettings;
import dev.slipway.error.SlipwayException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the command line says about the farm's own CA; it wins over the configuration. */
final class FarmCaOptions {
  @Option(
      names = "--farm-cacert",
      paramLabel = "FILE",
      description =
          "Certificate of the farm's CA: workers that join with a token get certificates of it. PEM.")
  private Optional<String> cert = Optional.empty();

  @Option(names = "--farm-cakey", paramLabel = "FILE", description = "Its key.")
  private Optional<String> key = Optional.empty();

  /** Returns the settings with what was said here in their place. */
  FarmSettings over(FarmSettings settings) throws SlipwayException {
    return settings.with(
        FarmCa.of(
            cert,
            key,
            settings.ca().map(FarmCa::life).orElse(FarmCa.DEFAULT_LIFE),
            settings.ca().map(FarmCa::sharedToken).orElse(true),
            "--farm-cacert and --farm-cakey: the farm's CA"));
  }
}
