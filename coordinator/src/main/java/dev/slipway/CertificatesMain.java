package dev.slipway;

import dev.slipway.certificates.CertificateFolder;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code slipway certs}: makes the certificates of an endpoint and its clients. */
@Command(
    name = "slipway certs",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = "Makes the certificates of an endpoint and its clients.")
public final class CertificatesMain {
  @Option(
      names = "--dir",
      required = true,
      paramLabel = "DIR",
      scope = CommandLine.ScopeType.INHERIT,
      description = "The folder with the CA and all it issued.")
  private Path folder;

  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new CertificatesMain());
    line.setExecutionExceptionHandler((error, _, _) -> {
      if (!(error instanceof SlipwayException)) {
        throw error;
      }
      System.err.println("slipway certs: " + error.getMessage());
      return 1;
    });
    System.exit(line.execute(arguments));
  }

  @Command(description = "A CA, the endpoint's certificate and a first client's.")
  void init(
      @Option(
              names = "--host",
              paramLabel = "NAME",
              description =
                  "Name or address of the endpoint, repeatable; localhost is in any case.")
          List<String> hosts)
      throws SlipwayException {
    folder().init(hosts == null ? List.of() : hosts);
    Path all = folder.toAbsolutePath().normalize();
    System.out.println("Start the farm:  ./slipway up --tls " + all + " --addr tcp://0.0.0.0:1234");
    System.out.println(
        "Use it:          docker buildx create --name farm --driver remote --driver-opt cacert="
            + all
            + "/ca.pem,cert="
            + all
            + "/client/cert.pem,key="
            + all
            + "/client/key.pem tcp://"
            + (hosts == null ? "localhost" : hosts.getFirst())
            + ":1234");
    System.out.println("Keep ca-key.pem away from the farm: who has it can make clients.");
  }

  @Command(
      description =
          "What coordinators and workers show each other: a CA, the coordinators' certificate, and one for workers that get none of their own.")
  void farm() throws SlipwayException {
    folder().initFarm();
    System.out.println(
        "Start the farm:  ./slipway up --farm-tls " + folder.toAbsolutePath().normalize());
    System.out.println("Let a worker in: ./slipway worker token --once");
    System.out.println("Keep ca-key.pem on coordinators' machines: who has it can make workers.");
  }

  @Command(description = "One more client's certificate.")
  void client(
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "Who it is; the certificate's common name.")
          String name)
      throws SlipwayException {
    System.out.println(folder().addClient(name).toAbsolutePath().normalize());
  }

  @Command(description = "Takes a client's certificate back; a running farm knows within a second.")
  void revoke(
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "As it was given to client; client is the first one's.")
          String name)
      throws SlipwayException {
    folder().revokeClient(name);
  }

  @Command(description = "A new key and certificate for the endpoint; a running farm takes them.")
  void renew(
      @Option(
              names = "--host",
              paramLabel = "NAME",
              description = "As for init; the old certificate's names unless said.")
          List<String> hosts)
      throws SlipwayException {
    folder().renewServer(hosts == null ? List.of() : hosts);
  }

  private CertificateFolder folder() {
    return new CertificateFolder(folder, InstantSource.system());
  }
}
