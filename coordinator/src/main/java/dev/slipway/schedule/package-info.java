/** Decides which stage runs on which worker and when. One loop owns all state; events in, assignments out. Depends on: oci. */
@NullMarked
package dev.slipway.schedule;

import org.jspecify.annotations.NullMarked;
