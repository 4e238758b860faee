/**
 * Cuts a Dockerfile into statements: directives, comments, continuations, flags, here-documents.
 * Pure; input is hostile. Depends on: frontend's contracts.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.parser;

import org.jspecify.annotations.NullMarked;
