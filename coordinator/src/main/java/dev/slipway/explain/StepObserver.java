package dev.slipway.explain;

import dev.slipway.oci.Digest;

/** Hears what a build's steps are made of and what becomes of them. Never blocks. @ThreadSafe */
public interface StepObserver {
  /** Remembers nothing. */
  StepObserver NONE =
      new StepObserver() {
        @Override
        public void keyed(String buildId, Ingredients ingredients) {}

        @Override
        public void outcome(String buildId, Digest vertex, Outcome outcome) {}

        @Override
        public void finished(String buildId, Digest vertex, String worker) {}

        @Override
        public void end(String buildId) {}
      };

  /** A solve of the build has its keys. */
  void keyed(String buildId, Ingredients ingredients);

  /** The step has, or will have, its result this way; the last call counts. */
  void outcome(String buildId, Digest vertex, Outcome outcome);

  /** The step has its result. @param worker name of the one that made it; empty = none did */
  void finished(String buildId, Digest vertex, String worker);

  /** The build is over; what is said of it later is not heard. */
  void end(String buildId);
}
