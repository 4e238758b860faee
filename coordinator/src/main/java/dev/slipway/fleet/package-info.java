/**
 * The workers: who is there, what they can run, what they hold, and the streams to them. Each
 * stream has one reader (gRPC's, on virtual threads) and one writer. Depends on: cache, schedule,
 * protocol.
 */
@NullMarked
package dev.slipway.fleet;

import org.jspecify.annotations.NullMarked;
