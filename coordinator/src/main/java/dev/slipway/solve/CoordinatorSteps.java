package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.cluster.Lease;
import dev.slipway.coordination.Coordinators;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.coordinator.CoordinationGrpc;
import dev.slipway.protocol.coordinator.StepEnd;
import dev.slipway.protocol.coordinator.StepLanded;
import dev.slipway.protocol.coordinator.StepNews;
import dev.slipway.protocol.coordinator.WatchStepRequest;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.StageEvent;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows steps over the coordinators' own protocol. @ThreadSafe */
final class CoordinatorSteps implements StepFollower {
  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorSteps.class);

  /**
   * Time until a link that broke is tried again while its coordinator counts as live. The cluster
   * takes half a second to notice a death and up to ten to notice a vanished host; as long nobody
   * else may take the step.
   */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Coordinators coordinators;

  CoordinatorSteps(Coordinators coordinators) {
    this.coordinators = coordinators;
  }

  @Override
  public End follow(Lease lease, String key, Consumer<StageEvent> news)
      throws InterruptedException {
    try {
      return watch(lease.owner(), key, news);
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("the step is not followed any more");
      }
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return new End.Unknown();
      }
      LOG.atDebug()
          .addKeyValue("owner", lease.owner())
          .addKeyValue("status", e.getStatus())
          .log("link to the step's coordinator broke");
    } catch (SlipwayException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("step's coordinator not reached");
    }
    if (coordinators.isLive(lease.owner())) {
      // Many may wait for the same coordinator.
      Thread.sleep(PAUSE.plusMillis(ThreadLocalRandom.current().nextLong(PAUSE.toMillis())));
    }
    return new End.Broken();
  }

  private End watch(String owner, String key, Consumer<StageEvent> news) throws SlipwayException {
    Iterator<StepNews> stream =
        CoordinationGrpc.newBlockingStub(coordinators.channel(owner))
            .watchStep(WatchStepRequest.newBuilder().setKey(key).build());
    while (stream.hasNext()) {
      StepNews next = stream.next();
      switch (next.getNewsCase()) {
        case EVENT -> news.accept(next.getEvent());
        case END -> {
          return new End.Ended(outcome(next.getEnd()));
        }
        case NEWS_NOT_SET -> {}
      }
    }
    return new End.Broken();
  }

  private static Flight.Outcome outcome(StepEnd end) {
    return switch (end.getEndCase()) {
      case LANDED -> new Flight.Outcome.Landed(results(end.getLanded()));
      case BROKEN ->
          new Flight.Outcome.Failed(end.getBroken().getMessage(), end.getBroken().getExitCode());
      case ABANDONED, END_NOT_SET -> new Flight.Outcome.Abandoned();
    };
  }

  private static Map<Integer, LayerChain> results(StepLanded landed) {
    Map<Integer, LayerChain> results = new HashMap<>();
    landed
        .getResultsList()
        .forEach(result ->
            results.put(
                result.getOutput(),
                new LayerChain(
                    result.getChainList().stream().map(HeldLayer::getLayerId).toList())));
    return results;
  }
}
