package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.protocol.worker.PathSelector;
import java.util.List;

/**
 * Some paths of a filesystem.
 *
 * @param id digest of the request; the layer that is made of the part has it, and the index keeps
 *     the digest of what is in it under it
 */
record ContentPart(String id, PartRequest request) {
  /** An image layer: its chain starts with a whole distribution, as a rule. */
  private static final String IMAGE_LAYER = "chain:";

  static ContentPart of(LayerChain chain, List<ContextTree.PathSelector> selectors) {
    PartRequest.Builder request = PartRequest.newBuilder().addAllLayerIds(chain.layers());
    selectors.forEach(selector -> request.addSelectors(wire(selector)));
    PartRequest built = request.build();
    return new ContentPart("part:" + Digest.of(built.toByteArray()).value(), built);
  }

  LayerChain chain() {
    return new LayerChain(request.getLayerIdsList());
  }

  /**
   * Whether knowing its digest is worth reading it: all of a filesystem that builds on an image is
   * gigabytes, and different after nearly every change.
   */
  static boolean isWorthDigesting(LayerChain chain, List<ContextTree.PathSelector> selectors) {
    return !chain.layers().isEmpty()
        && (!ContentInputs.isEverything(selectors)
            || chain.layers().stream().noneMatch(layer -> layer.startsWith(IMAGE_LAYER)));
  }

  static PathSelector wire(ContextTree.PathSelector selector) {
    return PathSelector.newBuilder()
        .setPath(selector.path())
        .setWildcard(selector.wildcard())
        .setFollowSymlinks(selector.followSymlink())
        .addAllIncludePatterns(selector.includePatterns())
        .addAllExcludePatterns(selector.excludePatterns())
        .build();
  }
}
