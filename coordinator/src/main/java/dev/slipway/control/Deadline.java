package dev.slipway.control;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Interrupts a build when its time is over. @ThreadSafe */
final class Deadline implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Deadline.class);

  private final Thread timer;
  private volatile boolean passed;

  private Deadline(Duration limit, Interruption interruption) {
    this.timer =
        Thread.ofVirtual()
            .name("build-deadline")
            .start(() -> {
              try {
                Thread.sleep(limit);
                passed = true;
                interruption.fire();
              } catch (InterruptedException _) {
                log.trace("build ended in time");
              }
            });
  }

  static Deadline start(Duration limit, Interruption interruption) {
    return new Deadline(limit, interruption);
  }

  /** Whether the time was over before the build was. */
  boolean passed() {
    return passed;
  }

  @Override
  public void close() {
    timer.interrupt();
  }
}
