/**
 * Decides which stage runs on which worker and when. One loop owns all state; events in, notices to
 * the listeners out. The policy ({@code SchedulerState}) is pure: no threads, no clock. Depends on:
 * error, oci.
 */
@NullMarked
package dev.slipway.schedule;

import org.jspecify.annotations.NullMarked;
