package dev.slipway.frontend;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/**
 * A frontend is asked for what it does not know. Clients tell it from a failure and do without, so
 * it travels with the name.
 */
public final class NotOffered extends SlipwayException {
  private static final long serialVersionUID = 1L;

  /** What was asked for. */
  public enum What {
    /** A question instead of a build. */
    SUBREQUEST("unsupported request "),
    /** An ability of the frontend. */
    CAPABILITY("unsupported frontend capability ");

    private final String words;

    What(String words) {
      this.words = words;
    }
  }

  private final What what;
  private final String name;

  public NotOffered(What what, String name) {
    super(ErrorKind.UNSUPPORTED, what.words + name);
    this.what = what;
    this.name = name;
  }

  public What what() {
    return what;
  }

  public String name() {
    return name;
  }
}
