package dev.slipway.web.page;

import java.time.Duration;
import java.util.Optional;

/**
 * One page at one moment.
 *
 * @param template name of the file below src/main/jte, without its ending
 * @param model the template's one parameter
 * @param refresh how often an open page is drawn anew although nothing was said to have changed;
 *     empty = the page does not follow the farm at all
 */
public record View(
    String title, Section section, String template, Object model, Optional<Duration> refresh) {
  /** A page that stays as it is. */
  public static View still(String title, Section section, String template, Object model) {
    return new View(title, section, template, model, Optional.empty());
  }

  /** A page that follows the farm. */
  public static View live(
      String title, Section section, String template, Object model, Duration refresh) {
    return new View(title, section, template, model, Optional.of(refresh));
  }
}
