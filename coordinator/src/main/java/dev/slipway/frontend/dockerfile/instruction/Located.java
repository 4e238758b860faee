package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.graph.SourceMap.Range;

/** An instruction and where it stands; {@code text} is the line as written. */
public record Located(Instruction instruction, String text, Range range) {}
