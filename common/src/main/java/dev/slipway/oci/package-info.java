/**
 * The values of the OCI image specification: digests, descriptors, manifests, image configurations,
 * platforms, references. Pure: no I/O. Depends on: error.
 */
@NullMarked
package dev.slipway.oci;

import org.jspecify.annotations.NullMarked;
