/**
 * Where the copies of cache mounts are in the farm. Each worker has copies of its own; the farm
 * numbers them, so that a step gets the newest wherever it runs. Depends on: error, cluster, oci,
 * fleet, protocol.
 */
@NullMarked
package dev.slipway.mounts;

import org.jspecify.annotations.NullMarked;
