package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * {@code [tenant.NAME]}: what a tenant's builds may use; {@code [tenant."*"]} holds for each that
 * is not named.
 *
 * @param trustDomain tenants with the same one share results; empty = the tenant's own
 * @param entitlements what its builds may ask for; empty = what the farm allows
 * @param pull patterns of repositories that base images may come from; empty = any
 * @param push patterns of repositories that images may go to; empty = any
 * @param cacheBytes what its results may take on the workers' disks
 */
public record TenantSettings(
    Optional<String> trustDomain,
    Optional<List<String>> entitlements,
    Optional<List<String>> pull,
    Optional<List<String>> push,
    OptionalLong cacheBytes) {
  public static final TenantSettings DEFAULT =
      new TenantSettings(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalLong.empty());

  /** What the settings of each tenant are called that has none of its own. */
  public static final String OTHERS = "*";

  /** Names of tenants and of trust domains. */
  public static final Pattern NAME = Pattern.compile("[a-z0-9._-]{1,64}");

  public TenantSettings {
    entitlements = entitlements.map(List::copyOf);
    pull = pull.map(List::copyOf);
    push = push.map(List::copyOf);
  }

  static TenantSettings read(TomlTable table) throws SlipwayException {
    Optional<String> domain = table.text("trust-domain");
    if (domain.isPresent() && !NAME.matcher(domain.get()).matches()) {
      throw table.invalid("trust-domain", "1 to 64 of a-z, 0-9, '.', '_', '-'");
    }
    TenantSettings settings =
        new TenantSettings(
            domain,
            given(table, "entitlements"),
            given(table, "pull"),
            given(table, "push"),
            bytes(table));
    table.end();
    return settings;
  }

  private static OptionalLong bytes(TomlTable table) throws SlipwayException {
    GcSettings.Space space = GcSettings.Space.read(table, "cache-bytes");
    if (space.percent() != 0) {
      throw table.invalid("cache-bytes", "a number of bytes, or a text like \"10GB\"");
    }
    return space.isSet() ? OptionalLong.of(space.bytes()) : OptionalLong.empty();
  }

  /** An empty list allows nothing; a missing one everything. */
  private static Optional<List<String>> given(TomlTable table, String key) throws SlipwayException {
    List<String> texts = table.texts(key);
    return table.value(key).isPresent() ? Optional.of(texts) : Optional.empty();
  }
}
