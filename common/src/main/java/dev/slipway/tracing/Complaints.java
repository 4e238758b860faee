package dev.slipway.tracing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log that spans were lost, once a minute at most. @ThreadSafe */
final class Complaints {
  private static final Logger LOG = LoggerFactory.getLogger(Complaints.class);
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private final InstantSource clock;
  private Instant next = Instant.MIN; // guarded by this, as below
  private long lost;

  Complaints(InstantSource clock) {
    this.clock = clock;
  }

  synchronized void lost(long spans, String why) {
    lost += spans;
    if (!clock.instant().isBefore(next)) {
      LOG.atWarn().addKeyValue("spans", lost).addKeyValue("reason", why).log("spans were lost");
      next = clock.instant().plus(SILENCE);
      lost = 0;
    }
  }
}
