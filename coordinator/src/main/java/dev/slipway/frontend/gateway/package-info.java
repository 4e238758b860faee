/**
 * What a frontend may ask of a running build, whether it runs at the client (LLBBridge) or here:
 * solve, read files, resolve, return. Knows no gRPC; {@code dev.slipway.control} does. Depends on:
 * frontend, solve, fleet, session. Spec: docs/protocol.md#gateway.
 */
@NullMarked
package dev.slipway.frontend.gateway;

import org.jspecify.annotations.NullMarked;
