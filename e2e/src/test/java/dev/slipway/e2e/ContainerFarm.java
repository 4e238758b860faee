package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;

/**
 * A farm of ordinary containers in the shared Docker engine, with the options that deploy/README.md
 * tells: one network for clients and the coordinator, one for the coordinator, workers and the
 * registry. The engine has no NAT, so the registry listens on the second network's gateway.
 */
final class ContainerFarm implements AutoCloseable {
  /** What deploy/README.md calls "What a worker container needs". */
  static final List<String> WORKER_OPTIONS =
      List.of(
          "--cap-drop=ALL",
          "--cap-add=SETUID",
          "--cap-add=SETGID",
          "--security-opt=seccomp=unconfined",
          "--security-opt=apparmor=unconfined",
          "--security-opt=systempaths=unconfined",
          "--device=/dev/net/tun",
          "--read-only",
          "--tmpfs=/tmp",
          "--tmpfs=/run");

  private static final List<String> COORDINATOR_OPTIONS =
      List.of("--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--tmpfs=/tmp");

  private static final Duration START = Duration.ofMinutes(1);

  private final Engine engine = Engine.shared();
  private final String name = "slipway-" + ThreadLocalRandom.current().nextInt(1_000_000);
  private final String clients = name + "-clients";
  private final String farm = name + "-farm";
  private final List<String> containers = new ArrayList<>();
  private final LocalRegistry registry;
  private final Buildx buildx;

  private ContainerFarm(int workers, List<String> options, String... more) {
    try {
      engine.docker("network", "create", clients);
      engine.docker("network", "create", farm);
      registry =
          LocalRegistry.shared()
              .at(
                  engine.docker(
                      "network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", farm));
      Path settings = settings();
      run(
          "coordinator",
          COORDINATOR_OPTIONS,
          settings,
          FarmImages.COORDINATOR,
          "--addr=tcp://0.0.0.0:1234",
          "--tlscert=/etc/slipway/certificates/server/cert.pem",
          "--tlskey=/etc/slipway/certificates/server/key.pem",
          "--tlscacert=/etc/slipway/certificates/ca.pem",
          "--http=0.0.0.0:8080",
          "--workers-listen=0.0.0.0:1235",
          "--workers-advertise=coordinator:1235",
          "--trees-url=http://coordinator:8080");
      engine.docker("network", "connect", clients, container("coordinator"));
      for (int number = 1; number <= workers; number++) {
        List<String> arguments =
            new ArrayList<>(
                List.of(
                    "--coordinator=coordinator:1235",
                    "--listen=0.0.0.0:8081",
                    "--slots=1",
                    "--name=worker-" + number));
        arguments.addAll(List.of(more));
        run(
            "worker-" + number,
            options,
            settings,
            FarmImages.WORKER,
            arguments.toArray(String[]::new));
      }
      Awaitility.await("all containers are healthy")
          .atMost(START)
          .failFast("a container ended", () -> running() < containers.size())
          .until(() -> joined() == workers);
      buildx =
          new Buildx(
              "tcp://" + address("coordinator", clients) + ":1234",
              "cacert=%1$s/ca.pem,cert=%1$s/client/cert.pem,key=%1$s/client/key.pem,servername=coordinator"
                  .formatted(settings.resolve("certificates")));
    } catch (RuntimeException | AssertionError e) {
      String logs = logs();
      close();
      throw new AssertionError(logs, e);
    }
  }

  /** Starts one whose workers run one stage at a time. */
  static ContainerFarm start(int workers) {
    FarmImages.shared();
    return new ContainerFarm(workers, WORKER_OPTIONS);
  }

  /**
   * Starts one in whose containers parts of /proc and /sys are hidden, as runtimes do by default.
   */
  static ContainerFarm startWithHiddenPaths(int workers) {
    FarmImages.shared();
    List<String> options =
        WORKER_OPTIONS.stream().filter(option -> !option.contains("systempaths")).toList();
    return new ContainerFarm(workers, options, "--no-process-sandbox");
  }

  /** The configuration, the join token and the certificates, as a read-only volume. */
  private Path settings() {
    Path folder = Workplace.folder("container-farm");
    Path certificates = folder.resolve("certificates");
    Command.run(
            START,
            List.of(
                Workplace.slipway(),
                "certs",
                "init",
                "--dir",
                certificates.toString(),
                "--host",
                "coordinator"))
        .orThrow();
    // The images' user reads the endpoint's key, and no other.
    Command.run(
            START,
            List.of(
                "chown",
                "1000:1000",
                certificates.resolve("server").toString(),
                certificates.resolve("server/key.pem").toString()))
        .orThrow();
    byte[] token = new byte[24];
    ThreadLocalRandom.current().nextBytes(token);
    try {
      Files.writeString(
          folder.resolve("join-token"), java.util.HexFormat.of().formatHex(token) + "\n");
      Files.writeString(
          folder.resolve("slipway.toml"), "[farm]\ninsecure = true\n" + registry.mirrorConfig());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  private void run(
      String part, List<String> options, Path settings, String repository, String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "run",
                "--detach",
                "--name=" + container(part),
                "--hostname=" + part,
                "--network=" + farm,
                "--network-alias=" + part,
                "--volume=" + settings + ":/etc/slipway:ro"));
    words.addAll(options);
    words.addAll(
        List.of(
            LocalRegistry.shared().image(repository + ":1"),
            "--root=/var/lib/slipway",
            // The second network has nobody else in it.
            "--insecure-farm-network",
            "--config=/etc/slipway/slipway.toml",
            "--join-token-file=/etc/slipway/join-token"));
    words.addAll(List.of(arguments));
    containers.add(container(part));
    engine.docker(words.toArray(String[]::new));
  }

  private String container(String part) {
    return name + "-" + part;
  }

  private String address(String part, String network) {
    return engine.docker(
        "inspect",
        "-f",
        "{{(index .NetworkSettings.Networks \"" + network + "\").IPAddress}}",
        container(part));
  }

  private long running() {
    return engine
        .docker("ps", "-q", "--no-trunc", "--filter", "name=" + name + "-")
        .lines()
        .filter(line -> !line.isBlank())
        .count();
  }

  /** Workers that the coordinator has. */
  long joined() {
    try {
      String json =
          Command.run(
                  Duration.ofSeconds(5),
                  List.of(
                      "curl",
                      "-fsS",
                      "--max-time",
                      "3",
                      "http://" + address("coordinator", farm) + ":8080/api/v1/workers"))
              .orThrow()
              .output();
      return json.split("\"joinedAt\"", -1).length - 1;
    } catch (AssertionError e) {
      return 0; // it does not listen yet
    }
  }

  Buildx buildx() {
    return buildx;
  }

  /** As the containers see it. */
  LocalRegistry registry() {
    return registry;
  }

  /** The worker in whose container a process has that word in its command line; 0 = none. */
  int workerThatRuns(String word, int workers) {
    for (int number = 1; number <= workers; number++) {
      if (engine.docker("top", container("worker-" + number), "-o", "pid,args").contains(word)) {
        return number;
      }
    }
    return 0;
  }

  /** Where the coordinator and the workers listen for each other: {@code address port}. */
  List<String> addresses() {
    return containers.stream()
        .map(one -> one.substring(name.length() + 1))
        .map(part -> address(part, farm) + (part.equals("coordinator") ? " 1235" : " 8081"))
        .toList();
  }

  /** Processes in that worker's container that have ended and that nobody has asked about. */
  long zombies(int worker) {
    return engine
        .docker("top", container("worker-" + worker), "-o", "pid,stat")
        .lines()
        .filter(line -> line.strip().matches("\\d+ +Z.*"))
        .count();
  }

  /** SIGKILL to all of a container. */
  void kill(int worker) {
    engine.docker("kill", container("worker-" + worker));
  }

  /** SIGTERM; returns the exit code. */
  int stop(int worker) {
    engine.docker("stop", "--time=60", container("worker-" + worker));
    return Integer.parseInt(
        engine.docker("inspect", "-f", "{{.State.ExitCode}}", container("worker-" + worker)));
  }

  void cutOff(int worker) {
    engine.docker("network", "disconnect", farm, container("worker-" + worker));
  }

  void reconnect(int worker) {
    engine.docker("network", "connect", farm, container("worker-" + worker));
  }

  /** What the engine says of all containers. */
  List<String> inspect(String format) {
    return containers.stream().map(one -> engine.docker("inspect", "-f", format, one)).toList();
  }

  /** The end of every container's log, for the message of a test that fails. */
  String logs() {
    StringBuilder logs = new StringBuilder();
    for (String one : containers) {
      try {
        logs.append(one).append(":\n").append(engine.docker("logs", "--tail=30", one)).append('\n');
      } catch (AssertionError e) {
        logs.append(one).append(": ").append(e.getMessage()).append('\n');
      }
    }
    return logs.toString();
  }

  @Override
  public void close() {
    if (!containers.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("rm", "--force", "--volumes"));
      words.addAll(containers);
      engine.docker(words.toArray(String[]::new));
    }
    engine.docker("network", "rm", clients, farm);
  }
}
