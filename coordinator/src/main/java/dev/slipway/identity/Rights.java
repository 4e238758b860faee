package dev.slipway.identity;

import dev.slipway.config.AccessSettings.Role;
import dev.slipway.config.TenantSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageReference;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a build may do: that of its principal, as a build of its tenant. Immutable.
 *
 * @param tenants to change the tenant
 * @param granted entitlements that the build asked for and has got
 */
public record Rights(Principal principal, String tenant, Tenants tenants, Set<String> granted) {
  public Rights {
    granted = Set.copyOf(granted);
  }

  /** Of a build that has asked for nothing. */
  public Rights(Principal principal, String tenant, Tenants tenants) {
    this(principal, tenant, tenants, Set.of());
  }

  /** Of a build of that tenant, where nothing is asked for and nothing forbidden. */
  public static Rights of(String tenant) {
    return new Rights(Principal.ANONYMOUS, tenant, Tenants.NONE);
  }

  /**
   * The same client's, as another tenant. @throws SlipwayException DENIED when it may not be that
   * tenant
   */
  public Rights as(String other) throws SlipwayException {
    if (!principal.mayBe(other)) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          principal.name()
              + " builds as tenant \""
              + principal.tenant()
              + "\" and may not be \""
              + other
              + "\": leave SLIPWAY_TENANT away, or add the name to other-tenants of its"
              + " [[access.rule]]");
    }
    return new Rights(principal, other, tenants, granted);
  }

  private TenantSettings settings() {
    return tenants.settings(tenant);
  }

  /** Whose results it takes and who takes its own. */
  public Trust trust() {
    // A tenant may be called as a domain is and is not in it for that.
    String domain =
        settings().trustDomain().map(name -> "domain " + name).orElse("tenant " + tenant);
    return new Trust(
        domain,
        principal.role() == Role.READ_ONLY_CACHE
            ? Optional.of(tenant + " " + principal.name())
            : Optional.empty());
  }

  /**
   * The same with what a build asks for. @throws SlipwayException DENIED naming what it may not
   * have, INVALID naming what nobody knows
   */
  public Rights granting(Collection<String> asked) throws SlipwayException {
    for (String entitlement : asked) {
      if (!Entitlement.isKnown(entitlement)) {
        throw new SlipwayException(ErrorKind.INVALID, "unknown entitlement " + entitlement);
      }
      boolean farm = tenants.entitlements().contains(entitlement);
      boolean own = settings().entitlements().map(some -> some.contains(entitlement)).orElse(true);
      if (!farm || !own) {
        throw new SlipwayException(
            ErrorKind.DENIED,
            "granting entitlement "
                + entitlement
                + " is not allowed by build daemon configuration"
                + (farm ? " for tenant \"" + tenant + "\"" : ""));
      }
    }
    return new Rights(principal, tenant, tenants, Set.copyOf(asked));
  }

  /** Checks what a step needs. @throws SlipwayException DENIED when its build did not get it */
  public void checkGranted(Entitlement needed) throws SlipwayException {
    if (!granted.contains(needed.id())) {
      throw new SlipwayException(ErrorKind.DENIED, needed.id() + " is not allowed");
    }
  }

  /** Checks a base image. @throws SlipwayException DENIED when it may not come from there */
  public void checkPull(ImageReference image) throws SlipwayException {
    check("pull", "from", settings().pull(), image);
  }

  /** Checks where an image is to go. @throws SlipwayException DENIED when it may not */
  public void checkPush(ImageReference image) throws SlipwayException {
    check("push", "to", settings().push(), image);
  }

  private void check(String verb, String way, Optional<List<String>> patterns, ImageReference image)
      throws SlipwayException {
    if (patterns.isPresent()
        && patterns.get().stream().noneMatch(each -> new Glob(each).fits(image.name()))) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          verb
              + " "
              + way
              + " "
              + image.name()
              + " is not allowed for tenant \""
              + tenant
              + "\": "
              + (patterns.get().isEmpty()
                  ? "none is"
                  : "allowed are " + String.join(", ", patterns.get())));
    }
  }
}
