/**
 * The worker's program: reads the command line, wires the packages by hand, ends cleanly on
 * SIGTERM.
 */
@NullMarked
package dev.slipway;

import org.jspecify.annotations.NullMarked;
