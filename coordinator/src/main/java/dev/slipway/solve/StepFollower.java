package dev.slipway.solve;

import dev.slipway.cluster.Lease;
import dev.slipway.protocol.worker.StageEvent;
import java.util.function.Consumer;

/** Follows steps that another coordinator runs. @ThreadSafe */
interface StepFollower {
  /** How following ended. */
  sealed interface End {
    /** The step is over. */
    record Ended(Flight.Outcome outcome) implements End {}

    /** The owner lives and knows nothing of the step. */
    record Unknown() implements End {}

    /** The owner died, or the link to it is cut; it was waited a moment before this is said. */
    record Broken() implements End {}
  }

  /** Passes the news on and blocks until the step is over there, or cannot be followed. */
  End follow(Lease lease, String key, Consumer<StageEvent> news) throws InterruptedException;
}
