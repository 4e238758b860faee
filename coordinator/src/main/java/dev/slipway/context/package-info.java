/** Local contexts received from clients: files by digest, directories as Merkle trees, selections of them. Depends on: oci, content. */
@NullMarked
package dev.slipway.context;

import org.jspecify.annotations.NullMarked;
