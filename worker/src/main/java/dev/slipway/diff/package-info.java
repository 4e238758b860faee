/**
 * Walks a layer directory in overlay form and says, entry by entry, what it changes: in the order
 * and the words of an OCI layer. Depends on: error, linux, snapshot. Spec: OCI image-spec v1.1,
 * layer.md.
 */
@NullMarked
package dev.slipway.diff;

import org.jspecify.annotations.NullMarked;
