package dev.slipway.web;

import dev.slipway.context.ContextTree;
import dev.slipway.oci.Digest;
import dev.slipway.solve.PublishedTrees;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The trees that workers may fetch: those of builds that run. @ThreadSafe */
public final class TreeShelf implements PublishedTrees {
  private record Entry(ContextTree tree, Set<String> builds) {}

  private final BiConsumer<String, ContextTree> keep;
  private final Consumer<String> letGo;

  // Guarded by this.
  private final Map<Digest, Entry> trees = new HashMap<>();

  /**
   * @param keep keeps the files of a tree for a build
   * @param letGo ends all that was kept for a build
   */
  public TreeShelf(BiConsumer<String, ContextTree> keep, Consumer<String> letGo) {
    this.keep = keep;
    this.letGo = letGo;
  }

  @Override
  public void keep(String buildId, ContextTree tree) {
    keep.accept(buildId, tree);
  }

  @Override
  public synchronized void publish(String buildId, ContextTree tree) {
    keep.accept(buildId, tree);
    trees
        .computeIfAbsent(tree.layerDigest(), _ -> new Entry(tree, new HashSet<>()))
        .builds()
        .add(buildId);
  }

  @Override
  public synchronized void release(String buildId) {
    trees.values().removeIf(entry -> entry.builds().remove(buildId) && entry.builds().isEmpty());
    letGo.accept(buildId);
  }

  /** Returns the tree with the layer digest. */
  synchronized Optional<ContextTree> find(Digest layerDigest) {
    return Optional.ofNullable(trees.get(layerDigest)).map(Entry::tree);
  }
}
