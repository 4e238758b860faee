package dev.slipway.agent;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.protocol.worker.LayersFetched;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.TransferProgress;

/** Answers what coordinators ask about layers. @ThreadSafe */
final class LayerQuestions {
  private final LayerFetcher fetcher;

  LayerQuestions(LayerFetcher fetcher) {
    this.fetcher = fetcher;
  }

  /** Returns when the layers are here; as they are new, the inventory tells of them. */
  void fetch(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException {
    fetcher.ensure(
        ask.getFetchLayers().getChainsList().stream().map(LayerChain::getLayersList).toList(),
        TransferProgress.NONE);
    answer.setLayersFetched(LayersFetched.getDefaultInstance());
  }
}
