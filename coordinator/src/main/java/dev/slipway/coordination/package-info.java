/**
 * The farm's coordinators: who they are, how each reaches the others, whether enough of them see
 * each other. Turns the cluster's members into addresses and gRPC channels. Depends on: error,
 * cluster.
 */
@NullMarked
package dev.slipway.coordination;

import org.jspecify.annotations.NullMarked;
