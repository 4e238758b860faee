/**
 * Parts: what an op reads of a filesystem through some of its paths, as a tar for another worker
 * and as a digest of its contents. Depends on: snapshot, diff, layers, fileops.
 */
@NullMarked
package dev.slipway.part;

import org.jspecify.annotations.NullMarked;
