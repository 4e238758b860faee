package dev.slipway.explain;

import dev.slipway.oci.Digest;
import java.util.List;

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
        public void made(String buildId, Digest vertex, String worker, List<String> layers) {}

        @Override
        public void shared(String buildId, Digest vertex) {}

        @Override
        public void end(String buildId) {}
      };

  /** A solve of the build has its keys. */
  void keyed(String buildId, Ingredients ingredients);

  /** The step has, or will have, its result this way; the last call counts. */
  void outcome(String buildId, Digest vertex, Outcome outcome);

  /** A worker has made the step's result. @param layers ids of those that the step added */
  void made(String buildId, Digest vertex, String worker, List<String> layers);

  /** Another build has made the step's result. */
  void shared(String buildId, Digest vertex);

  /** The build is over; what is said of it later is not heard. */
  void end(String buildId);
}
