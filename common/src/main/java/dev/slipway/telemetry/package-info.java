/**
 * What is measured: every metric's name, help and tags, declared once. Depends on nothing of
 * Slipway's.
 */
@NullMarked
package dev.slipway.telemetry;

import org.jspecify.annotations.NullMarked;
