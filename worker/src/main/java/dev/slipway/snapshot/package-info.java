/**
 * Layers on a worker's disk and the root filesystems stacked from them. A layer is a directory in
 * overlayfs' own form: changed files, character devices 0:0 where something was removed, the
 * attribute {@code user.overlay.opaque} on directories that hide what is below. A committed layer
 * never changes. Blocking; owns no threads but the one that flushes. Depends on: error, oci, linux.
 */
@NullMarked
package dev.slipway.snapshot;

import org.jspecify.annotations.NullMarked;
