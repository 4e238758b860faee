package dev.slipway.session;

import dev.slipway.error.SlipwayException;
import java.time.Duration;

/** The sessions that are open now. @ThreadSafe */
public interface Sessions {
  /**
   * Returns the session, waiting for it to be opened. A {@code prefix:} before the id is dropped.
   *
   * @throws SlipwayException UNAVAILABLE {@code no active session for <id>: context deadline
   *     exceeded} when it does not come in time
   */
  Session await(String id, Duration patience) throws SlipwayException, InterruptedException;
}
