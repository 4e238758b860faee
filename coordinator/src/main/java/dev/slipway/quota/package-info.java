/**
 * What tenants may keep on the workers' disks. In: whose results layers belong to (cache), what is
 * on the disks (fleet), bounds (identity). Out: prunes of those that have too much. Depends on:
 * cache, fleet, identity, telemetry.
 */
@NullMarked
package dev.slipway.quota;

import org.jspecify.annotations.NullMarked;
