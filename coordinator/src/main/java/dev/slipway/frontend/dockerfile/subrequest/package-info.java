/**
 * What a Dockerfile answers instead of being built: its warnings, arguments, targets, its graph; as
 * JSON for programs and as text for people, in BuildKit's forms. Pure. Depends on: oci, graph,
 * protocol, parser, instruction, shell, convert, lint.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.subrequest;

import org.jspecify.annotations.NullMarked;
