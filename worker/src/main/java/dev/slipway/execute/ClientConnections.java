package dev.slipway.execute;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;

/** Connects to what a stage's client shares, through the coordinator that sent the stage. */
public interface ClientConnections {
  /**
   * Opens a connection; what is refused is heard at the first read.
   *
   * @param token of a {@code StepAgent} of the stage
   */
  ByteCall<?, ?> connect(String token) throws SlipwayException, InterruptedException;
}
