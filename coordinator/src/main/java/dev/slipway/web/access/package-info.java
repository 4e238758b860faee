/**
 * Who may see what of the page and of {@code /api}: one door before all of it. Depends on: nothing
 * of the farm.
 */
@NullMarked
package dev.slipway.web.access;

import org.jspecify.annotations.NullMarked;
