/**
 * Ways out of the farm, one class each behind {@link dev.slipway.export.Exporter}: images
 * (configuration and manifest per platform, index; pushed, or as a tar or blobs for the client) and
 * files (a directory or a tar at the client). What goes to a client is whole and verified here
 * before its first byte leaves. Depends on: session, context, registry, solve.
 */
@NullMarked
package dev.slipway.export;

import org.jspecify.annotations.NullMarked;
