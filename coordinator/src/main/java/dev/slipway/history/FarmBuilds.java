package dev.slipway.history;

import java.util.List;
import java.util.Optional;

/** The builds of all coordinators, those that are gone among them. @ThreadSafe */
public interface FarmBuilds {
  /** All that is known, newest first. */
  List<BuildCard> all();

  /** Returns the card of the build with that ref. */
  Optional<BuildCard> card(String id);

  /** Whether the build's coordinator is in the cluster now. */
  boolean isLive(BuildCard card);
}
