package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a command line says about the farm's own network; it wins over the configuration. */
public final class FarmOptions {
  @Option(
      names = "--farm-tlscert",
      paramLabel = "FILE",
      description =
          "Certificate that this process shows coordinators and workers, PEM; taken anew when it changes.")
  private Optional<String> cert = Optional.empty();

  @Option(names = "--farm-tlskey", paramLabel = "FILE", description = "Its key.")
  private Optional<String> key = Optional.empty();

  @Option(
      names = "--farm-tlscacert",
      paramLabel = "FILE",
      description = "CA of the farm's processes; nobody else is let in.")
  private Optional<String> ca = Optional.empty();

  @Option(
      names = "--insecure-farm-network",
      description = "Listen for the farm's own traffic without TLS where other machines reach it.")
  private boolean insecure;

  /** Returns the settings with what was said here in their place. */
  public FarmSettings over(FarmSettings settings) throws SlipwayException {
    Optional<TlsFiles> said = TlsFiles.of(cert, key, ca, "--farm-tlscert and --farm-tlskey: TLS");
    if (said.isPresent()) {
      FarmSettings.withCa(said.get(), "--farm-tlscacert: the farm's TLS");
    }
    return new FarmSettings(said.or(settings::tls), insecure || settings.insecure());
  }
}
