package dev.slipway.agent;

import dev.slipway.error.SlipwayException;
import dev.slipway.part.Parts;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DigestPart;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.PartDigested;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.TransferProgress;
import java.util.List;

/** Says what the content digest of a part is; layers that are not here are fetched. @ThreadSafe */
final class PartQuestions {
  private final Parts parts;
  private final LayerFetcher fetcher;

  PartQuestions(Parts parts, LayerFetcher fetcher) {
    this.parts = parts;
    this.fetcher = fetcher;
  }

  void answer(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException {
    DigestPart question = ask.getDigestPart();
    List<Layer> chain = question.getChain().getLayersList();
    try (LayerFetcher.Held _ = fetcher.hold(List.of(chain), TransferProgress.NONE)) {
      String digest =
          parts
              .digest(chain.stream().map(Layer::getId).toList(), question.getSelectorsList())
              .value();
      answer.setPartDigested(PartDigested.newBuilder().setDigest(digest));
    }
  }
}
