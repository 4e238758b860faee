package dev.slipway.solve;

import dev.slipway.context.ContextTree;

/** Clients' directories while a build lives, and selections that workers may fetch. @ThreadSafe */
public interface PublishedTrees {
  /** Keeps the tree, and the files in it, until the build is released. */
  void keep(String buildId, ContextTree tree);

  /** Lets workers fetch the tree, and keeps it. */
  void publish(String buildId, ContextTree tree);

  /** The build is over. */
  void release(String buildId);
}
