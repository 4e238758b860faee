package dev.slipway.explain;

import dev.slipway.context.ContextTree;
import dev.slipway.oci.Digest;
import dev.slipway.plan.BuildGraph;
import java.util.Map;
import java.util.Optional;

/**
 * What the keys of a graph's vertices were made of; does not change any more.
 *
 * @param tenant whose build it is
 * @param trustDomain in every key
 * @param keys by vertex
 * @param images root digests by the vertex that brings the image
 * @param selections of clients' directories
 */
public record Ingredients(
    String tenant,
    String trustDomain,
    BuildGraph graph,
    Map<Digest, String> keys,
    Map<Digest, Digest> images,
    Selections selections) {
  public Ingredients {
    keys = Map.copyOf(keys);
    images = Map.copyOf(images);
  }

  /** What vertices read of clients' directories. @ThreadSafe */
  public interface Selections {
    /** The part that the vertex reads through this input; empty = the input is something else. */
    Optional<ContextTree> of(Digest vertex, int input);
  }
}
