package dev.slipway.agent;

import dev.slipway.error.SlipwayException;
import dev.slipway.execute.StageExecutor;
import dev.slipway.graph.Mount;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountWish;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.MountFetched;

/** Answers what coordinators ask about cache mounts. @ThreadSafe */
final class MountQuestions {
  private final CacheMounts mounts;

  MountQuestions(CacheMounts mounts) {
    this.mounts = mounts;
  }

  /** Returns when the copy is here. */
  void fetch(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException {
    CacheMount told = ask.getFetchMount().getMount();
    MountWish wish =
        new MountWish(
            told.getMountId(),
            told.getName(),
            Mount.Sharing.SHARED,
            false,
            told.getVersion(),
            told.getHeldVersion(),
            told.getOldest(),
            told.getCopiesList().stream()
                .map(copy ->
                    new MountWish.Peer(copy.getUrl(), told.getCapability(), copy.getVersion()))
                .toList());
    answer.setMountFetched(
        MountFetched.newBuilder().setMount(StageExecutor.held(mounts.adopt(wish))));
  }
}
