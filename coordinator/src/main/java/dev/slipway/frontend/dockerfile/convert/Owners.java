package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.FileAction.Owner;
import java.util.Optional;

/** Owners as {@code user[:group]}, names or numbers. */
final class Owners {
  private Owners() {}

  /**
   * Reads an owner; a number alone is the group too.
   *
   * @param input index of the input whose /etc/passwd and /etc/group know the names, -1 = scratch
   */
  static Owner parse(String text, int input) {
    int colon = text.indexOf(':');
    Identity user = identity(colon < 0 ? text : text.substring(0, colon), input);
    if (colon >= 0 && colon + 1 < text.length()) {
      return new Owner(Optional.of(user), Optional.of(identity(text.substring(colon + 1), input)));
    }
    return new Owner(
        Optional.of(user), user instanceof Identity.ById ? Optional.of(user) : Optional.empty());
  }

  private static Identity identity(String text, int input) {
    if (text.matches("[0-9]{1,10}")) {
      long id = Long.parseLong(text);
      if (id <= 0xffff_ffffL) {
        return new Identity.ById((int) id);
      }
    }
    return new Identity.ByName(text, input);
  }
}
