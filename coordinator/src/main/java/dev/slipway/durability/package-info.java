/**
 * Keeps cached layers when workers are lost: copies on several workers, and a durable tier in a
 * registry's repository or a directory. All of it happens behind the builds. Depends on: cache,
 * fleet, solve, export, registry.
 */
@NullMarked
package dev.slipway.durability;

import org.jspecify.annotations.NullMarked;
