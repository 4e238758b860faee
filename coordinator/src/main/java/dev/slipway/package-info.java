/**
 * The coordinator's process: command line and wiring, by hand. May depend on everything; nothing
 * depends on it.
 */
@NullMarked
package dev.slipway;

import org.jspecify.annotations.NullMarked;
