/**
 * Turns statements into typed instructions and groups them into build stages. Pure. Depends on:
 * parser.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.instruction;

import org.jspecify.annotations.NullMarked;
