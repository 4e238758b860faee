/**
 * Who a client is and what follows from it. In: a certificate, a bearer token, a socket. Out: a
 * {@link dev.slipway.identity.Principal} (name, tenant, role) by the rules of {@code [access]}, and
 * its {@link dev.slipway.identity.Rights} by {@code [tenant.NAME]}: trust domain, entitlements,
 * repositories. docs/access.md. Depends on: error, config, oci.
 */
@NullMarked
package dev.slipway.identity;

import org.jspecify.annotations.NullMarked;
