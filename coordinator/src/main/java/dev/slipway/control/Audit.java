package dev.slipway.control;

import dev.slipway.identity.Caller;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Who built, pushed and pruned what: one line each by the logger {@code audit}, for whoever has to
 * answer for the farm. docs/operations.md#what-to-watch.
 */
final class Audit {
  private static final Logger AUDIT = LoggerFactory.getLogger("audit");

  private Audit() {}

  /** Begins a line; the caller names what it was done to. */
  static LoggingEventBuilder by(Caller caller) {
    return AUDIT.atInfo().addKeyValue("who", caller.who()).addKeyValue("from", caller.from());
  }
}
