/**
 * What of BuildKit works and what is refused: tests say so with {@link Feature} and {@link
 * Refused}, and {@link CompatibilityPage} reads it from the sources of all modules into
 * docs/compatibility.md. Needs the JDK alone. Depends on: nothing.
 */
@NullMarked
package dev.slipway.compatibility;

import org.jspecify.annotations.NullMarked;
