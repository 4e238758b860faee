/**
 * Traces of builds, as OpenTelemetry has them: spans (what was done, from when to when, as a part
 * of what) leave for a collector in batches, as OTLP over gRPC or HTTP. Off unless the
 * configuration or the standard variables name a collector; then nothing is made and nothing sent.
 * Threads: one of the SDK's and one virtual for clients' own spans; nobody who works for a build
 * waits for either. Depends on: config, error. Follows W3C Trace Context and OTLP 1.
 */
@NullMarked
package dev.slipway.tracing;

import org.jspecify.annotations.NullMarked;
