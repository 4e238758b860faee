package dev.slipway.solve;

import dev.slipway.oci.Platform;
import java.util.Optional;

/**
 * Where a container may run.
 *
 * @param platform of its programs; empty = any
 * @param workerId where something of it is that no other worker has; empty = anywhere
 */
public record ContainerPlacement(Optional<Platform> platform, Optional<String> workerId) {}
