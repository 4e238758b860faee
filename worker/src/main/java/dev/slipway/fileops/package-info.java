/**
 * Carries out file ops: copy, make, link, remove, inside root filesystems that are not trusted.
 * Every path is resolved inside its root whatever links it holds. Depends on: error, graph, linux,
 * snapshot, layers (tar attributes). Semantics: docs/llb.md.
 */
@NullMarked
package dev.slipway.fileops;

import org.jspecify.annotations.NullMarked;
