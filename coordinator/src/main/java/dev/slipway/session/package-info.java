/**
 * The tunnel back to a client: an HTTP/2 connection inside a gRPC byte stream in which the client
 * is the server, and what is asked through it: directories, credentials, tokens, secrets, ssh
 * agents. Event loops of its own only move bytes; everything that waits does so on the caller's or
 * a virtual thread. Depends on: error, registry, context, protocol. Spec: docs/protocol.md#session.
 */
@NullMarked
package dev.slipway.session;

import org.jspecify.annotations.NullMarked;
