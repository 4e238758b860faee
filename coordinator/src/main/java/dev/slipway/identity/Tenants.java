package dev.slipway.identity;

import dev.slipway.config.TenantSettings;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the configuration says of tenants. Immutable.
 *
 * @param byName those that it names
 * @param entitlements what the farm allows to any
 */
public record Tenants(Map<String, TenantSettings> byName, Set<String> entitlements) {
  /** Where the configuration says nothing. */
  public static final Tenants NONE = new Tenants(Map.of(), Set.of());

  public Tenants {
    byName = Map.copyOf(byName);
    entitlements = Set.copyOf(entitlements);
  }

  public static Tenants of(Map<String, TenantSettings> byName, Collection<String> entitlements) {
    return new Tenants(byName, Set.copyOf(entitlements));
  }

  /** What holds for the tenant. */
  public TenantSettings settings(String tenant) {
    return byName.getOrDefault(
        tenant, byName.getOrDefault(TenantSettings.OTHERS, TenantSettings.DEFAULT));
  }

  /** Those that the configuration names; few enough for a metric each. */
  public Set<String> named() {
    return byName.keySet().stream()
        .filter(name -> !name.equals(TenantSettings.OTHERS))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What a client's build may do as long as it names no other tenant. */
  public Rights rights(Principal principal) {
    return new Rights(principal, principal.tenant(), this);
  }
}
