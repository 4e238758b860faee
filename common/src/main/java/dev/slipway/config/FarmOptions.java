package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
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
      description =
          "CA of the farm's processes; nobody else is let in. A worker that has this alone gets its certificate when it joins.")
  private Optional<String> ca = Optional.empty();

  @Option(
      names = "--insecure-farm-network",
      description = "Listen for the farm's own traffic without TLS where other machines reach it.")
  private boolean insecure;

  /** Returns the settings with what was said here in their place. */
  public FarmSettings over(FarmSettings settings) throws SlipwayException {
    boolean whole = cert.isPresent() || key.isPresent();
    Optional<TlsFiles> said =
        whole
            ? TlsFiles.of(cert, key, ca, "--farm-tlscert and --farm-tlskey: TLS")
            : Optional.empty();
    if (said.isPresent()) {
      FarmSettings.withCa(said.get(), "--farm-tlscacert: the farm's TLS");
    }
    return new FarmSettings(
        said.or(settings::tls),
        ca.map(Path::of).or(settings::trust),
        settings.ca(),
        insecure || settings.insecure());
  }
}
