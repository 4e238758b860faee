/**
 * Brings layers that a worker lacks: from peers, the coordinator or registries, each layer once
 * however many stages want it. In: the layers of a chain as worker.proto describes them. Out: the
 * same layers in the snapshot store. One virtual thread per layer on its way. Depends on: error,
 * oci, protocol, registry, snapshot, layers.
 */
@NullMarked
package dev.slipway.source;

import org.jspecify.annotations.NullMarked;
