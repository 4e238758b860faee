/**
 * Cuts what is left of a build graph into stages: chains of vertices on one root filesystem. Pure.
 * Depends on: graph.
 */
@NullMarked
package dev.slipway.plan;

import org.jspecify.annotations.NullMarked;
