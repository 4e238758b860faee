/**
 * What leaves a worker's disk, and when. In: what is on the disk with its use, and buildkitd's kind
 * of policies; out: what was removed. Terms: a record is one layer or one cache mount; a hold keeps
 * a layer for a running build; a shelf is a store whose records can go one by one. Owns the thread
 * that looks at the disk. Depends on: error, config, pattern, telemetry, snapshot.
 */
@NullMarked
package dev.slipway.gc;

import org.jspecify.annotations.NullMarked;
