/**
 * The endpoint that BuildKit's clients talk to: gRPC calls in, answers and statuses out; the life
 * of each build. Blocking work runs on the call's virtual thread, and a call that its client gave
 * up interrupts it. Depends on: frontend.gateway, session, solve, export, progress. Spec:
 * docs/protocol.md.
 */
@NullMarked
package dev.slipway.control;

import org.jspecify.annotations.NullMarked;
