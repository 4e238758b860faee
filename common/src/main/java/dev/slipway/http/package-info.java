/**
 * What both processes need to move bytes over HTTP: responses written by blocking code beside
 * Vert.x's event loops, and reads that notice a source that hangs or crawls. Depends on nothing.
 */
@NullMarked
package dev.slipway.http;

import org.jspecify.annotations.NullMarked;
