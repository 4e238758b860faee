package dev.slipway;

import dev.slipway.config.TlsFiles;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * What the command line says about the endpoint's certificate, with buildkitd's names; it wins over
 * the configuration.
 */
final class TlsOptions {
  @Option(
      names = "--tlscert",
      paramLabel = "FILE",
      description = "Certificate for TLS on --addr tcp://..., PEM; taken anew when it changes.")
  private Optional<String> cert = Optional.empty();

  @Option(names = "--tlskey", paramLabel = "FILE", description = "Its key.")
  private Optional<String> key = Optional.empty();

  @Option(
      names = "--tlscacert",
      paramLabel = "FILE",
      description = "CA of clients: only those with a certificate of it are let in.")
  private Optional<String> ca = Optional.empty();

  @Option(
      names = "--tlscrl",
      paramLabel = "FILE",
      description =
          "Certificates that the CA of clients has taken back (CRL, PEM); taken anew when it changes.")
  private Optional<Path> crl = Optional.empty();

  /** The list of revoked certificates named here, or that of the configuration. */
  Optional<Path> revoked(Optional<Path> settings) {
    return crl.isPresent() ? crl : settings;
  }

  /** Returns the files named here, or those of the configuration when none is. */
  Optional<TlsFiles> over(Optional<TlsFiles> settings) throws SlipwayException {
    Optional<TlsFiles> said = TlsFiles.of(cert, key, ca, "--tlscert and --tlskey: TLS");
    return said.isPresent() ? said : settings;
  }
}
