/** Turns a client's request into a build graph. Depends on: graph, progress, session. */
@NullMarked
package dev.slipway.frontend;

import org.jspecify.annotations.NullMarked;
