/**
 * Runs stages: brings the inputs of each step, runs its process or changes its files on top of
 * them, and commits what it made. In: a RunStage. Out: events while it runs, one outcome. A stage
 * runs on one virtual thread, an interrupt cancels it. Depends on: error, graph, oci, protocol,
 * snapshot, fileops, sandbox, source.
 */
@NullMarked
package dev.slipway.execute;

import org.jspecify.annotations.NullMarked;
