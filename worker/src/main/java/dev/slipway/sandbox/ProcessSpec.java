package dev.slipway.sandbox;

import dev.slipway.graph.ExecMeta;

/**
 * A process of a container.
 *
 * @param meta its host name and hosts are the container's, whatever this says
 * @param terminal whether its streams are a terminal
 * @param input whether it gets a stdin; else that is empty
 */
public record ProcessSpec(ExecMeta meta, boolean terminal, boolean input) {}
