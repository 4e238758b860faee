/**
 * Images of OCI layouts that clients serve: OCI image-layout v1.1, by containerd's content service.
 */
@NullMarked
package dev.slipway.fetch.layout;

import org.jspecify.annotations.NullMarked;
