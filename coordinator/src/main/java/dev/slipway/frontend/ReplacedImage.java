package dev.slipway.frontend;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;

/** A source policy puts something else in the place of an image; says what. */
public final class ReplacedImage extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final String replacement;

  /**
   * @param replacement identifier of the source, {@code scheme://…}
   */
  public ReplacedImage(String reference, String replacement) {
    super(
        ErrorKind.INVALID,
        "ref mutated by policy to non-image: docker-image://" + reference + " -> " + replacement);
    this.replacement = replacement;
  }

  /** Identifier of the source that is wanted instead. */
  public String replacement() {
    return replacement;
  }
}
