package dev.slipway.frontend.gateway;

import dev.slipway.container.Containers;
import java.util.function.Supplier;

/**
 * What foreign frontends are run with.
 *
 * @param containers opens containers on workers
 * @param serving speaks the gateway to them
 * @param workers JSON of the farm's workers, as frontends read it
 */
public record FrontendParts(
    Containers containers, GatewayServing serving, Supplier<String> workers) {}
