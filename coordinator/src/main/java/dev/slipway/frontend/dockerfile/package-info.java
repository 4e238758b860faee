/**
 * The Dockerfile frontend: reads the file through the bridge, resolves images, hands out one graph
 * per platform. Depends on: its own packages, oci, protocol.
 */
@NullMarked
package dev.slipway.frontend.dockerfile;

import org.jspecify.annotations.NullMarked;
