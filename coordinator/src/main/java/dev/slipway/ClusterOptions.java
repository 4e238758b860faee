package dev.slipway;

import dev.slipway.config.ClusterSettings;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the command line says about the other coordinators; it wins over the configuration. */
final class ClusterOptions {
  @Option(
      names = "--cluster-listen",
      paramLabel = "HOST:PORT",
      description =
          "Where the other coordinators of the farm reach this one's cluster member. Only they may reach it: it is not encrypted.")
  private Optional<String> listen = Optional.empty();

  @Option(
      names = "--cluster-members",
      paramLabel = "HOST:PORT",
      split = ",",
      description =
          "Cluster addresses of the farm's coordinators, or some of them, with commas. Default: alone.")
  private List<String> members = List.of();

  @Option(
      names = "--cluster-size",
      paramLabel = "N",
      description =
          "Coordinators of the farm when all are there. When fewer than half of them see each other they take no builds.")
  private Optional<Integer> size = Optional.empty();

  /** Returns the settings with what was said here in their place. */
  ClusterSettings over(ClusterSettings settings) {
    return new ClusterSettings(
        size.orElse(settings.size()),
        listen.or(settings::listen),
        members.isEmpty() ? settings.members() : members,
        settings.kubernetesDns(),
        settings.multicast());
  }
}
