package dev.slipway.session;

import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import java.time.Duration;

/** The sessions that are open now. @ThreadSafe */
public interface Sessions {
  /**
   * Returns the session, waiting for it to be opened. A {@code prefix:} before the id is dropped.
   *
   * @param owner who has opened it; others' are as good as none
   * @throws SlipwayException UNAVAILABLE {@code no active session for <id>: context deadline
   *     exceeded} when it does not come in time
   */
  Session await(Principal owner, String id, Duration patience)
      throws SlipwayException, InterruptedException;
}
