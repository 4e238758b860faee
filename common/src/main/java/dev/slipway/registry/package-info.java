/**
 * A client of container registries: resolve, pull, push. Blocking; meant for virtual threads.
 * Retries live here and nowhere above. Spec: OCI distribution-spec v1.1. Depends on: error, oci,
 * content.
 */
@NullMarked
package dev.slipway.registry;

import org.jspecify.annotations.NullMarked;
