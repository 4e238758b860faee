package dev.slipway.graph;

import java.util.Map;
import java.util.Optional;

/**
 * What is known of a vertex beside its op; not part of its digest.
 *
 * @param description keys as in LLB; {@code llb.customname} is the name shown to the user
 * @param capabilities LLB capabilities that the vertex needs
 * @param resources limits of its process
 */
public record VertexMetadata(
    boolean ignoreCache,
    Map<String, String> description,
    Optional<ProgressGroup> progressGroup,
    Map<String, Boolean> capabilities,
    Optional<LinuxResources> resources) {
  public static final VertexMetadata NONE =
      new VertexMetadata(false, Map.of(), Optional.empty(), Map.of());

  /** Without limits. */
  public VertexMetadata(
      boolean ignoreCache,
      Map<String, String> description,
      Optional<ProgressGroup> progressGroup,
      Map<String, Boolean> capabilities) {
    this(ignoreCache, description, progressGroup, capabilities, Optional.empty());
  }

  public VertexMetadata {
    description = Map.copyOf(description);
    capabilities = Map.copyOf(capabilities);
  }

  /** Vertices shown as one line. */
  public record ProgressGroup(String id, String name, boolean weak) {}
}
