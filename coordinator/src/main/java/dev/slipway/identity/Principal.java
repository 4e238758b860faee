package dev.slipway.identity;

import dev.slipway.config.AccessSettings.Role;
import java.util.List;

/**
 * A client, as the rules see it. Equal principals may use each other's sessions and builds.
 *
 * @param name how logs call it; the subject of its certificate, {@code anonymous}, or what its rule
 *     says
 * @param tenant its own
 * @param others tenants that its builds may name instead; {@code *} = any
 */
public record Principal(String name, String tenant, List<String> others, Role role) {
  /** Whoever shows nothing where nothing is asked for. */
  public static final Principal ANONYMOUS = everybody("anonymous");

  private static final String DEFAULT_TENANT = "default";

  private static final String ANY = "*";

  public Principal {
    others = List.copyOf(others);
  }

  /** A client of a farm without rules: it may do everything. */
  static Principal everybody(String name) {
    return new Principal(name, DEFAULT_TENANT, List.of(ANY), Role.ADMIN);
  }

  public boolean isAdmin() {
    return role == Role.ADMIN;
  }

  /** Whether its builds may be that tenant's. */
  public boolean mayBe(String other) {
    return tenant.equals(other) || others.contains(other) || others.contains(ANY);
  }

  /** Whether it may look at what that tenant builds. */
  public boolean sees(String other) {
    return isAdmin() || mayBe(other);
  }
}
