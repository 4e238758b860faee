package dev.slipway.explain;

import java.util.Locale;

/** How a step of a build got its result. */
public enum Outcome {
  /** From the cache. */
  CACHED,
  /** It had to run: nothing was known under its keys. */
  MISSED,
  /** It had to run: its result was known, and no worker had the layers any more. */
  LOST,
  /** It had to run: it, or one that it builds on, was told not to use the cache. */
  FRESH,
  /** Another build ran it at the same time. */
  SHARED;

  /** As it is written in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
