package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What the client asked for besides the Dockerfile.
 *
 * @param target stage name or number
 * @param noCache empty optional = use the cache; empty set = ignore it everywhere; else the stages
 *     that ignore it
 * @param platformPrefix whether names of vertices start with their platform
 * @param imageResolveMode {@code default}, {@code pull}, {@code local}
 * @param epoch seconds since 1970 for whatever is made, SOURCE_DATE_EPOCH
 */
public record ConvertOptions(
    Platform buildPlatform,
    Optional<String> target,
    Map<String, String> buildArguments,
    Map<String, String> labels,
    Optional<Set<String>> noCache,
    Exec exec,
    boolean platformPrefix,
    String imageResolveMode,
    OptionalLong epoch,
    Context context) {
  public ConvertOptions {
    buildArguments = Map.copyOf(buildArguments);
    labels = Map.copyOf(labels);
    noCache = noCache.map(Set::copyOf);
  }

  /** What every RUN gets; {@code network} applies where the Dockerfile says nothing. */
  public record Exec(
      List<ExecMeta.ExtraHost> hosts,
      List<ExecMeta.Ulimit> ulimits,
      String hostname,
      Op.Network network) {
    public Exec {
      hosts = List.copyOf(hosts);
      ulimits = List.copyOf(ulimits);
    }
  }

  /** The local directory that COPY reads. */
  public record Context(String name, String sessionId, List<String> excludePatterns) {
    public Context {
      excludePatterns = List.copyOf(excludePatterns);
    }
  }
}
