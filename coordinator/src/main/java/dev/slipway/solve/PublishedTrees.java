package dev.slipway.solve;

import dev.slipway.context.ContextTree;

/** Selections of clients' directories that workers may fetch while a build lives. @ThreadSafe */
public interface PublishedTrees {
  /** Keeps the tree, and the files in it, until the build is released. */
  void publish(String buildId, ContextTree tree);

  /** The build is over. */
  void release(String buildId);
}
