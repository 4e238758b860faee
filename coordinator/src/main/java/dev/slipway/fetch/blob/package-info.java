/** Single blobs of registries and of clients' OCI layouts, as files. */
@NullMarked
package dev.slipway.fetch.blob;

import org.jspecify.annotations.NullMarked;
