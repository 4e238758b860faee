/**
 * The builds of the whole farm as every coordinator remembers them: a card of each in a shared map,
 * so that what a lost coordinator built is still known. Depends on: cluster, progress. One thread
 * of its own writes this coordinator's cards and reads the others'.
 */
@NullMarked
package dev.slipway.history;

import org.jspecify.annotations.NullMarked;
