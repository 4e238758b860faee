/**
 * Turns the stages of a Dockerfile into LLB and an image configuration, one platform at a time.
 * Pure: images are resolved before. Depends on: instruction, shell, graph, oci, protocol.
 */
@NullMarked
package dev.slipway.frontend.dockerfile.convert;

import org.jspecify.annotations.NullMarked;
