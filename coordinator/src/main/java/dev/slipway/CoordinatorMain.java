package dev.slipway;

import dev.slipway.config.FarmOptions;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The coordinator's command line. */
@Command(
    name = "slipway-coordinator",
    mixinStandardHelpOptions = true,
    version = "slipway " + CoordinatorMain.VERSION,
    sortOptions = false,
    description = {
      "The part of a Slipway farm that clients and workers talk to. It needs no privileges and no container runtime.",
      "",
      "Clients (docker buildx, buildctl) connect to --addr, workers to --workers-listen, people and Prometheus to --http.",
      "When all three are served their real addresses are in ROOT/run/grpc.address, http.address and workers.address."
    },
    footer = {
      "",
      "Try it:",
      "  head -c 24 /dev/urandom | base64 > /tmp/farm-token",
      "  java -jar slipway-coordinator.jar --root /tmp/farm --join-token-file /tmp/farm-token",
      "  docker buildx create --name farm --driver remote tcp://127.0.0.1:1234",
      "  curl http://127.0.0.1:8080/readyz        ready once a worker has joined",
      "",
      "Usually ./slipway up starts it, and the workers too."
    })
public final class CoordinatorMain implements Callable<Integer> {
  static final String VERSION = "0.1.0";

  private static final Logger log = LoggerFactory.getLogger(CoordinatorMain.class);

  @Option(
      names = "--root",
      required = true,
      paramLabel = "DIR",
      description = "Where all state is kept; DIR/run holds the addresses.")
  private Path root;

  @Option(
      names = "--addr",
      paramLabel = "ADDRESS",
      description =
          "Where clients connect: tcp://host:port or unix://path; may be repeated, port 0 takes a free one. Default: tcp://127.0.0.1:1234.")
  private List<String> addresses = List.of();

  @Option(
      names = "--http",
      defaultValue = "127.0.0.1:8080",
      paramLabel = "HOST:PORT",
      description = "Health, metrics and REST. Default: ${DEFAULT-VALUE}.")
  private String http;

  @Option(
      names = "--workers-listen",
      defaultValue = "127.0.0.1:0",
      paramLabel = "HOST:PORT",
      description = "Where workers join. Default: ${DEFAULT-VALUE}.")
  private String workersListen;

  @Option(
      names = "--workers-advertise",
      paramLabel = "HOST:PORT",
      description =
          "How workers and other coordinators reach --workers-listen. Default: as it is listened on.")
  private Optional<String> workersAdvertise = Optional.empty();

  @Option(
      names = "--trees-listen",
      paramLabel = "HOST:PORT",
      description =
          "Where workers fetch clients' files in a farm with TLS, which --http does not give them then. Default: the host of --workers-listen, any free port.")
  private Optional<String> treesListen = Optional.empty();

  @Option(
      names = "--trees-url",
      paramLabel = "URL",
      description =
          "How workers on other machines reach --trees-listen, or without TLS --http: https://coordinator.example:1236, http://coordinator.example:8080.")
  private Optional<String> treesUrl = Optional.empty();

  @Option(
      names = "--join-token-file",
      required = true,
      paramLabel = "FILE",
      description = "File with the secret that workers must know.")
  private Path joinTokenFile;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "TOML with the keys of buildkitd.toml: registry mirrors, entitlements, addresses, TLS.")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--allow-insecure-entitlement",
      split = ",",
      paramLabel = "NAME",
      description =
          "What builds may ask for: network.host, security.insecure; may be repeated. Default: insecure-entitlements of the configuration.")
  private List<String> entitlements = List.of();

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private FarmOptions farm = new FarmOptions();

  @Mixin private FarmCaOptions farmCa = new FarmCaOptions();

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  /**
   * Runs until SIGTERM or SIGINT. Exit code 1: it could not start; 2: the command line is wrong.
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CoordinatorMain()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    Coordinator coordinator;
    try {
      coordinator =
          Coordinator.start(
              new CoordinatorOptions(
                  root,
                  addresses,
                  http,
                  workersListen,
                  workersAdvertise,
                  treesListen,
                  treesUrl,
                  joinTokenFile,
                  config,
                  entitlements,
                  tls,
                  farm,
                  farmCa,
                  cluster));
    } catch (SlipwayException e) {
      System.err.println("slipway-coordinator: " + e.getMessage());
      return 1;
    } catch (IOException e) {
      System.err.println("slipway-coordinator: " + e);
      return 1;
    }
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(coordinator::close));
    log.atInfo()
        .addKeyValue("endpoint", coordinator.addresses())
        .addKeyValue("http", coordinator.httpAddress())
        .addKeyValue("workers", coordinator.workersAddress())
        .log("coordinator ready");
    new CountDownLatch(1).await(); // the shutdown hook ends the process
    return 0;
  }
}
