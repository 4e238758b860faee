/**
 * How a worker gets its certificate from the farm's CA with a join token, and the next one before
 * it ends. Depends on: certificates, telemetry.
 */
@NullMarked
package dev.slipway.joining;

import org.jspecify.annotations.NullMarked;
