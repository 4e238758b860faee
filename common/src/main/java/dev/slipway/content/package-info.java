/** Immutable bytes by digest, on disk. What is in a store was verified. Depends on: error, oci. */
@NullMarked
package dev.slipway.content;

import org.jspecify.annotations.NullMarked;
