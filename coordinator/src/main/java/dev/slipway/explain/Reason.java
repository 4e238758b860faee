package dev.slipway.explain;

import java.util.Locale;

/**
 * Why a step was not served from the cache.
 *
 * @param text a sentence without its full stop
 */
public record Reason(Kind kind, String text) {
  /** What differed, or what was missing. */
  public enum Kind {
    /** A file or directory of the client's. */
    FILE,
    COMMAND,
    /** An environment variable or build argument. */
    VARIABLE,
    /** Anything else that the step's definition says. */
    DEFINITION,
    BASE_IMAGE,
    /** A step that it builds on or copies from. */
    EARLIER_STEP,
    TRUST_DOMAIN,
    /** The step was built before, for other platforms only. */
    NEW_PLATFORM,
    /** The build was built before, without this step. */
    NEW_STEP,
    /** Nothing of this kind was built before. */
    FIRST_BUILD,
    /** The step never ended well with these inputs. */
    UNFINISHED,
    /** Its record is not there any more. */
    FORGOTTEN,
    /** Its record is there, its layers are not. */
    LAYERS_LOST,
    NO_CACHE,
    /** Another build ran it at that moment. */
    SHARED;

    /** As it is written in JSON: {@code base-image}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }
}
