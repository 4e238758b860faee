/**
 * The wire: messages of BuildKit's API and of the worker protocol (generated from src/main/proto),
 * {@code LlbCodec}, the one place where LLB messages become {@link dev.slipway.graph} values and
 * back, and {@code ByteCall}, a connection inside a call. Depends on: error, oci, graph.
 */
@NullMarked
package dev.slipway.protocol;

import org.jspecify.annotations.NullMarked;
