package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.LinuxResources;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the client asked for besides the Dockerfile.
 *
 * @param buildPlatforms what the farm runs, its default first
 * @param target stage name
 * @param noCache empty optional = use the cache; empty set = ignore it everywhere; else the stages
 *     that ignore it
 * @param platformPrefix whether names of vertices start with their platform
 * @param imageResolveMode {@code default}, {@code pull}, {@code local}
 */
public record ConvertOptions(
    List<Platform> buildPlatforms,
    Optional<String> target,
    Map<String, String> buildArguments,
    Map<String, String> labels,
    Optional<Set<String>> noCache,
    Exec exec,
    boolean platformPrefix,
    String imageResolveMode,
    NamedContexts namedContexts,
    MainContext context) {
  public ConvertOptions {
    buildPlatforms = List.copyOf(buildPlatforms);
    buildArguments = Map.copyOf(buildArguments);
    labels = Map.copyOf(labels);
    noCache = noCache.map(Set::copyOf);
  }

  /**
   * What every RUN gets; {@code network} applies where the Dockerfile says nothing.
   *
   * @param sharedMemory size of /dev/shm in bytes, 0 = the default
   * @param cgroupParent empty = anywhere
   */
  public record Exec(
      List<ExecMeta.ExtraHost> hosts,
      List<ExecMeta.Ulimit> ulimits,
      String hostname,
      Op.Network network,
      long sharedMemory,
      String cgroupParent,
      Optional<LinuxResources> resources) {
    public Exec {
      hosts = List.copyOf(hosts);
      ulimits = List.copyOf(ulimits);
    }
  }

  /** The farm's default platform. */
  Platform buildPlatform() {
    return buildPlatforms.getFirst();
  }
}
