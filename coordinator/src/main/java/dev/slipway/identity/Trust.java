package dev.slipway.identity;

import java.util.Optional;

/**
 * Whose results a build takes and who takes its own.
 *
 * @param domain builds of the same domain share results
 * @param apart who makes results for itself only, and takes those of the domain nevertheless; empty
 *     = they are the domain's
 */
public record Trust(String domain, Optional<String> apart) {
  /** Of a tenant that trusts nobody else. */
  public static Trust of(String domain) {
    return new Trust(domain, Optional.empty());
  }
}
