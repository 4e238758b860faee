/** The workers: who is there, what they can run, what they hold, and the streams to them. Depends on: cluster, protocol. */
@NullMarked
package dev.slipway.fleet;

import org.jspecify.annotations.NullMarked;
