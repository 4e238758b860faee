package dev.slipway.policy;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaRequest;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaResponse;
import java.io.IOException;

/** Answers what a client's policy wants to know of a source before it decides. Blocking. */
@FunctionalInterface
public interface MetadataQuestions {
  /** Resolves the source, without asking the client's policy again. */
  ResolveSourceMetaResponse resolve(ResolveSourceMetaRequest request)
      throws SlipwayException, IOException, InterruptedException;
}
