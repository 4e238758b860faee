/** The tunnel back to a client: an HTTP/2 connection inside a gRPC byte stream in which the client is the server. Depends on: context, progress. Spec: docs/protocol.md#session. */
@NullMarked
package dev.slipway.session;

import org.jspecify.annotations.NullMarked;
