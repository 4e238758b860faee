/**
 * The worker's side of the farm protocol (worker.proto): joins the coordinator and stays joined,
 * takes stages up to its slots, pushes layers, reads files of results, announces what it holds.
 * Threads: one keeps the membership, one sends heartbeats; every stage, push and read has a virtual
 * thread of its own; gRPC's threads only hand over. Depends on everything below it in the worker.
 */
@NullMarked
package dev.slipway.agent;

import org.jspecify.annotations.NullMarked;
