/**
 * The farm's one queue, seen from each of its coordinators: stages go to the oldest coordinator's
 * scheduler, here or over gRPC, and are submitted anew when that changes. One thread owns the
 * stages of this coordinator; the leader's side follows its calls. Depends on: error, schedule,
 * coordination, protocol. Decided in docs/adr/0004.
 */
@NullMarked
package dev.slipway.queue;

import org.jspecify.annotations.NullMarked;
