/**
 * Cache mounts on a worker's disk: directories that outlive the steps which write to them and never
 * become a layer. In: what a step wishes to mount; out: a directory, held until the step is over. A
 * mount has several copies when steps must not share one. Terms: docs/glossary.md. Depends on:
 * error, graph, linux, layers, snapshot.
 */
@NullMarked
package dev.slipway.mounts;

import org.jspecify.annotations.NullMarked;
