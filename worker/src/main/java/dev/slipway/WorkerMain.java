package dev.slipway;

import dev.slipway.certificates.JoinSecret;
import dev.slipway.config.FarmConfig;
import dev.slipway.config.FarmOptions;
import dev.slipway.config.FarmSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.sandbox.SandboxConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The worker's command line. */
@Command(
    name = "slipway-worker",
    mixinStandardHelpOptions = true,
    version = "slipway-worker " + WorkerMain.VERSION,
    description =
        "Runs build steps for a Slipway coordinator. Start it inside rootlesskit, as `./slipway up` does.")
public final class WorkerMain implements Callable<Integer> {
  static final String VERSION = "0.1.0";

  @Option(names = "--root", required = true, description = "Directory for layers and state.")
  private Path root;

  @Option(
      names = "--coordinator",
      required = true,
      split = ",",
      paramLabel = "HOST:PORT",
      description =
          "Workers' endpoint of one or some coordinators, with commas; the worker joins all that these know.")
  private List<String> coordinators;

  @Option(
      names = "--join-token-file",
      required = true,
      description =
          "File with the farm's join token, or one of `slipway worker token`: TOKEN@sha256:PIN also says by which CA coordinators are known, and this worker gets its certificate from it.")
  private Path joinTokenFile;

  @Option(
      names = "--slots",
      defaultValue = "auto",
      paramLabel = "N|auto",
      description =
          "Stages at once; auto = one for each processor and each GiB of memory that the machine or cgroup has, whichever is fewer (default: ${DEFAULT-VALUE}).")
  private String slots;

  @Option(
      names = "--drain-timeout",
      defaultValue = "60",
      paramLabel = "SECONDS",
      description =
          "After SIGTERM, once the running stages have ended: how long others may take to fetch what only this worker has; a second SIGTERM ends at once (default: ${DEFAULT-VALUE}).")
  private long drainSeconds;

  @Option(
      names = "--listen",
      defaultValue = "127.0.0.1:0",
      description = "host:port of the blob server (default: ${DEFAULT-VALUE}).")
  private String listen;

  @Option(
      names = "--http",
      description =
          "host:port of health and metrics in plain text, besides --listen (default: 127.0.0.1:0 where the farm has TLS, else on --listen alone).")
  private String http = "";

  @Option(
      names = "--advertise",
      description =
          "Host under which peers reach the blob server (default: that of --listen, or this host's name).")
  private String advertise = "";

  @Option(names = "--name", description = "Name shown to people (default: this host's name).")
  private String name = "";

  @Option(names = "--label", description = "key=value, repeatable.")
  private Map<String, String> labels = Map.of();

  @Option(
      names = "--runtime",
      defaultValue = "runc",
      description = "OCI runtime (default: ${DEFAULT-VALUE}).")
  private String runtime;

  @Option(
      names = "--no-process-sandbox",
      description =
          "Steps see this worker's processes, in its own /proc: for containers that may not mount another one."
              + " Weaker, see docs/security-boundary.md.")
  private boolean noProcessSandbox;

  @Option(
      names = "--config",
      description = "The farm's configuration file (buildkitd's TOML); worker.oci is of use here.")
  private @Nullable Path config;

  @Option(
      names = "--durable-directory",
      description =
          "Directory that all workers share, which the farm may write layers to and read them from"
              + " (default: durability.directory of the configuration); no other is touched.")
  private @Nullable Path durableDirectory;

  @Mixin private FarmOptions farm = new FarmOptions();

  @Override
  public Integer call() throws InterruptedException {
    try {
      FarmConfig settings = config == null ? FarmConfig.DEFAULT : FarmConfig.read(config);
      FarmSettings network = farm.over(settings.farm());
      InetSocketAddress here = address(listen);
      JoinSecret token = joinToken();
      boolean secure =
          network.tls().isPresent() || network.trust().isPresent() || token.pin().isPresent();
      network.checkListen(
          "--listen",
          here.getHostString(),
          secure,
          "join a farm with TLS (a token of `slipway worker token`, or --farm-tlscacert)");
      WorkerProgram.run(
          new WorkerProgram.Settings(
              root.toAbsolutePath().normalize(),
              coordinators,
              joinTokenFile.toAbsolutePath(),
              token,
              slots(),
              Duration.ofSeconds(drainSeconds),
              here,
              http.isEmpty()
                  ? secure ? Optional.of(address("127.0.0.1:0")) : Optional.empty()
                  : Optional.of(address(http)),
              advertise,
              name,
              labels,
              runtime,
              noProcessSandbox || settings.noProcessSandbox()
                  ? SandboxConfig.Processes.SHARED
                  : SandboxConfig.Processes.OWN,
              settings,
              network,
              Optional.ofNullable(durableDirectory)
                  .or(() -> settings.durability().directory().map(Path::of))));
      return 0;
    } catch (SlipwayException e) {
      e.getMessage().lines().forEach(line -> System.err.println("slipway-worker: " + line));
      return 1;
    } catch (IOException e) {
      System.err.println("slipway-worker: " + e.getClass().getSimpleName() + ": " + e.getMessage());
      return 1;
    }
  }

  private int slots() throws SlipwayException {
    if (slots.equals("auto")) {
      return Capacity.here().slots();
    }
    try {
      int number = Integer.parseInt(slots);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below, like a number that is too small.
    }
    throw new SlipwayException(
        ErrorKind.INVALID, "--slots must be auto or a number from 1, not \"" + slots + "\"");
  }

  private JoinSecret joinToken() throws SlipwayException, IOException {
    JoinSecret token = JoinSecret.parse(Files.readString(joinTokenFile));
    if (token.secret().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the join token file " + joinTokenFile + " is empty");
    }
    return token;
  }

  private static InetSocketAddress address(String text) throws SlipwayException {
    int colon = text.lastIndexOf(':');
    try {
      return InetSocketAddress.createUnresolved(
          text.substring(0, colon).replaceAll("[\\[\\]]", ""),
          Integer.parseInt(text.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "\"" + text + "\" is not host:port", e);
    }
  }

  /** Starts the worker. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new WorkerMain()).execute(arguments));
  }
}
