/**
 * Drives one build's graph to its results: looks up, plans, schedules, waits. Depends on: cache,
 * plan, schedule, fleet, session, context.
 */
@NullMarked
package dev.slipway.solve;

import org.jspecify.annotations.NullMarked;
