package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import java.util.Optional;

/**
 * A result with its bytes somewhere in the farm.
 *
 * @param chain its layers
 * @param tree present when the result is a client's local directory: its files are here at the
 *     coordinator
 */
public record SolvedResult(LayerChain chain, Optional<ContextTree> tree) {}
