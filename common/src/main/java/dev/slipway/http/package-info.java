/**
 * What both processes need to serve bytes over HTTP: responses written by blocking code beside
 * Vert.x's event loops. Depends on nothing.
 */
@NullMarked
package dev.slipway.http;

import org.jspecify.annotations.NullMarked;
