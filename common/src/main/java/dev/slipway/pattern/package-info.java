/**
 * The two pattern languages of builds: .dockerignore patterns and shell wildcards of paths. Pure.
 * Depends on nothing.
 */
@NullMarked
package dev.slipway.pattern;

import org.jspecify.annotations.NullMarked;
