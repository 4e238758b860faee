/**
 * Brings what a build takes from outside and is no image: URLs, git repositories, single blobs.
 * Each becomes a {@link dev.slipway.context.ContextTree} in a store of its own, exactly as a
 * client's directory does, so that keys by content, selections and the way to workers are the same
 * (ADR 11). One package per source; {@link dev.slipway.fetch.RemoteSources} is the door. Blocking,
 * on the callers' threads. Depends on: error, config, oci, graph, registry, context, identity,
 * session. Spec: docs/llb.md#source.
 */
@NullMarked
package dev.slipway.fetch;

import org.jspecify.annotations.NullMarked;
