package dev.slipway.telemetry;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line for each event of a build's life, by the logger {@code build}. All carry {@code build},
 * those of a stage {@code stage} too. docs/operations.md#what-to-watch.
 */
public final class BuildLog {
  private static final Logger EVENTS = LoggerFactory.getLogger("build");

  private BuildLog() {}

  /** Begins a line; its message is what happened. */
  public static LoggingEventBuilder event(String buildId) {
    return EVENTS.atInfo().addKeyValue("build", buildId);
  }
}
