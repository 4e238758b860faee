/**
 * Turns results into images: configuration and manifest per platform, index, push. Depends on:
 * registry, solve.
 */
@NullMarked
package dev.slipway.export;

import org.jspecify.annotations.NullMarked;
