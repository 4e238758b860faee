/**
 * Layers as streams: a layer directory becomes a tar and a blob, a tar or a blob becomes a layer
 * directory. The bytes depend on the layer alone, never on the number of threads. Blocking. Depends
 * on: error, oci, linux, snapshot, diff. Spec: OCI image-spec v1.1, layer.md.
 */
@NullMarked
package dev.slipway.layers;

import org.jspecify.annotations.NullMarked;
