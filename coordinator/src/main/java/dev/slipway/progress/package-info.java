/**
 * What a client sees of a running build: vertices, their sub-lines, logs and warnings, kept for
 * late readers. Depends on: oci, graph.
 */
@NullMarked
package dev.slipway.progress;

import org.jspecify.annotations.NullMarked;
