/**
 * Containers that frontends run processes in, on the farm's workers: opened with mounts of results,
 * left with all their processes. Turns what a frontend asks into a step for a worker and carries
 * bytes, signals and ends of processes both ways. Depends on: fleet, solve. Spec:
 * docs/protocol.md#containers.
 */
@NullMarked
package dev.slipway.container;

import org.jspecify.annotations.NullMarked;
