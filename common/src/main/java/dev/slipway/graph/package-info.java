/**
 * LLB, the build graph: vertices, edges, ops. Immutable values, no I/O; the wire form is {@code
 * dev.slipway.protocol.LlbCodec}'s. A vertex's digest is the SHA-256 of its op's bytes exactly as
 * received. Depends on: error, oci. Terms: docs/glossary.md.
 */
@NullMarked
package dev.slipway.graph;

import org.jspecify.annotations.NullMarked;
