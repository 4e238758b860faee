/**
 * Expands variables in words as a POSIX shell would, with the modifiers that Dockerfiles have.
 * Pure; input is hostile. Depends on: error.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.shell;

import org.jspecify.annotations.NullMarked;
