/**
 * Serves this worker's layers to its peers over HTTP, to whoever shows a capability token of the
 * coordinator for just that layer; and the worker's metrics and health. Layers are written on
 * virtual threads, blobs by sendfile. Depends on: error, oci, protocol, telemetry, snapshot,
 * layers.
 */
@NullMarked
package dev.slipway.peer;

import org.jspecify.annotations.NullMarked;
