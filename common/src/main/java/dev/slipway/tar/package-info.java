/**
 * Plain tars as the processes of a farm write them for each other: headers, and reading entry by
 * entry. What comes from outside is read by the worker's own, suspicious reader. POSIX.1-2017 pax.
 * Depends on linux.
 */
@NullMarked
package dev.slipway.tar;

import org.jspecify.annotations.NullMarked;
