/**
 * Local contexts received from clients: files by digest on disk, directories as sorted immutable
 * trees, selections of them. A {@link dev.slipway.context.ContextStore} owns the bytes; trees are
 * values that read from it. Blocking; no threads of its own. Depends on: error, oci, pattern.
 */
@NullMarked
package dev.slipway.context;

import org.jspecify.annotations.NullMarked;
