package dev.slipway;

import dev.slipway.config.FarmOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How one coordinator is started.
 *
 * @param root directory of all state
 * @param addresses of the endpoint; empty = the configuration file's, else the default
 * @param http host:port of health, metrics and the REST interface
 * @param workersListen host:port that workers join at
 * @param workersAdvertise host:port of {@code workersListen} as workers and other coordinators
 *     reach it; empty = as it is listened on
 * @param treesListen host:port of what workers fetch, with the farm's TLS; empty = beside {@code
 *     workersListen}, any free port
 * @param treesUrl {@code http(s)://host:port} of that, or without TLS of {@code http}, as workers
 *     reach it; empty = as it is listened on
 * @param entitlements what builds may ask for; empty = what the configuration says
 * @param tls what the command line says about the endpoint's certificate
 * @param farm what the command line says about the farm's own network
 * @param farmCa what it says about the farm's own CA
 * @param cluster what the command line says about the other coordinators
 */
record CoordinatorOptions(
    Path root,
    List<String> addresses,
    String http,
    String workersListen,
    Optional<String> workersAdvertise,
    Optional<String> treesListen,
    Optional<String> treesUrl,
    Path joinTokenFile,
    Optional<Path> config,
    List<String> entitlements,
    TlsOptions tls,
    FarmOptions farm,
    FarmCaOptions farmCa,
    ClusterOptions cluster) {
  CoordinatorOptions {
    addresses = List.copyOf(addresses);
    entitlements = List.copyOf(entitlements);
  }
}
