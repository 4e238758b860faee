/**
 * Source policies: rules that allow, deny or replace the sources of a build, as the client's
 * request says them, and what a client's own program decides when it is asked about each source.
 * In: a definition. Out: the definition with the sources that are allowed. BuildKit's semantics and
 * words. Depends on: error, oci, graph, protocol, session, fetch.
 */
@NullMarked
package dev.slipway.policy;

import org.jspecify.annotations.NullMarked;
