/**
 * Says what is unwise in a Dockerfile: the rules of BuildKit's linter, in its words. In:
 * statements, stages and the conversion as it goes on. Out: {@link LintWarning}s. Pure. Depends on:
 * pattern, parser, instruction, shell, convert. Rules:
 * https://docs.docker.com/go/dockerfile/rules/.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.lint;

import org.jspecify.annotations.NullMarked;
