/** What went wrong, in a form that decides by itself what the caller may do. Depends on nothing. */
@NullMarked
package dev.slipway.error;

import org.jspecify.annotations.NullMarked;
