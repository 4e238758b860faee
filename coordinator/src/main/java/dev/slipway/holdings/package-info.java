/**
 * What the workers' disks hold, farm-wide, for people: one entry for each layer and cache mount,
 * who has it, and which step made it. Depends on: fleet, explain, pattern, protocol.
 */
@NullMarked
package dev.slipway.holdings;

import org.jspecify.annotations.NullMarked;
