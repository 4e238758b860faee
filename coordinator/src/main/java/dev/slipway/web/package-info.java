/**
 * The coordinator's HTTP side: health, metrics, what people and scripts ask (workers, builds), and
 * clients' directories for workers. Vert.x; what blocks runs on virtual threads. Depends on: fleet,
 * progress, solve, telemetry, web.access, web.page.
 */
@NullMarked
package dev.slipway.web;

import org.jspecify.annotations.NullMarked;
