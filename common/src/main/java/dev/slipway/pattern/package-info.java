/**
 * The pattern languages of builds: .dockerignore patterns, shell wildcards of paths, and filters
 * over records. Pure. Depends on: error.
 */
@NullMarked
package dev.slipway.pattern;

import org.jspecify.annotations.NullMarked;
