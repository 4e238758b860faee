package dev.slipway.frontend;

import dev.slipway.error.SlipwayException;
import java.io.IOException;

/** A language that becomes LLB. */
public interface Frontend {
  /** Builds the graph of the request; executes nothing itself but what {@code bridge} gives it. */
  FrontendResult solve(FrontendRequest request, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException;
}
