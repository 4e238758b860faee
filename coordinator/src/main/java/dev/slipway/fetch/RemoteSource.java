package dev.slipway.fetch;

import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.util.Set;

/** One kind of source whose result is a directory. Blocking. @ThreadSafe */
public interface RemoteSource {
  /** The parts before {@code ://} that it is for. */
  Set<String> schemes();

  /** The identifier in the form that policies see. @throws SlipwayException INVALID */
  String identifier(Op.Source source) throws SlipwayException;

  /**
   * Brings the files; within one build the same source gives the same ones. They are kept until the
   * build is forgotten.
   */
  ContextTree tree(Op.Source source, Requester requester)
      throws SlipwayException, InterruptedException;

  /** What the source is now, as far as that is known without its files. */
  SourceFacts facts(Op.Source source, SourceFacts.Wanted wanted, Requester requester)
      throws SlipwayException, InterruptedException;

  /** Drops what was remembered for the build. */
  void forget(String buildId);
}
