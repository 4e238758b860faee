/** Which results are known: cache keys, records, holders of layers. Depends on: graph, cluster. */
@NullMarked
package dev.slipway.cache;

import org.jspecify.annotations.NullMarked;
