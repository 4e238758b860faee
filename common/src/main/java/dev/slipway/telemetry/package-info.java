/**
 * What is measured and told: every metric's name, help and labels, declared once, and how lines of
 * the log look. Depends on nothing of Slipway's.
 */
@NullMarked
package dev.slipway.telemetry;

import org.jspecify.annotations.NullMarked;
