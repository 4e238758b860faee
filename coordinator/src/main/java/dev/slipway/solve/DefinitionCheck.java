package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;

/** Looks at a definition that a build itself has made, as its client's are looked at. Pure. */
@FunctionalInterface
public interface DefinitionCheck {
  /**
   * @throws SlipwayException when the build may not ask for it
   */
  void check(BuildContext build, Definition definition) throws SlipwayException;
}
