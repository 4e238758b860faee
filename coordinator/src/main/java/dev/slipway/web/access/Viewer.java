package dev.slipway.web.access;

import java.util.function.Predicate;

/**
 * Somebody who was let in.
 *
 * @param name as the page shows it; empty = nobody was asked
 * @param tenants whose builds, logs and figures the viewer may see
 */
public record Viewer(String name, Predicate<String> tenants) {
  /** Nobody in particular, who may see everything. */
  public static final Viewer OF_EVERYTHING = new Viewer("", _ -> true);

  /** Whether what belongs to the tenant may be shown. */
  public boolean sees(String tenant) {
    return tenants.test(tenant);
  }
}
