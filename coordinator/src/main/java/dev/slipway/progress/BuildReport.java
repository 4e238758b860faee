package dev.slipway.progress;

import dev.slipway.oci.Digest;
import java.time.Duration;

/**
 * What is kept of a build for people and pages: which worker ran which step, what waited and for
 * what, what came from the cache. @ThreadSafe
 */
public interface BuildReport {
  /** Keeps nothing. */
  BuildReport NONE = (_, _) -> {};

  void step(String buildId, Step step);

  /** Something became of one of its stages. */
  default void stage(String buildId, StageNews news) {}

  /**
   * A finished step.
   *
   * @param name as the client shows it
   * @param worker name of the worker that ran it, empty when none did
   * @param cost what it took on the worker, zero when it was cached
   * @param moved what was moved to the worker for it
   */
  record Step(
      Digest vertex, String name, String worker, boolean cached, Duration cost, MovedBytes moved) {}
}
