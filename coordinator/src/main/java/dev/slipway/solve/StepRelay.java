package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.protocol.coordinator.StepAbandoned;
import dev.slipway.protocol.coordinator.StepBroken;
import dev.slipway.protocol.coordinator.StepEnd;
import dev.slipway.protocol.coordinator.StepLanded;
import dev.slipway.protocol.coordinator.StepNews;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepResult;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the news of a flight on to another coordinator, on a thread of its own. One who reads too
 * slowly misses output, never the end.
 */
final class StepRelay implements Flight.Waiter {
  private static final Logger LOG = LoggerFactory.getLogger(StepRelay.class);

  /** Bytes that may wait to be read: all that a late joiner gets, and as much again twice. */
  private static final long MAX_WAITING_BYTES = 3 << 20;

  /** The signal that the stream is ready may come late; look again after this long. */
  private static final long READY_POLL_MILLIS = 100;

  private final ServerCallStreamObserver<StepNews> call;
  private final BlockingQueue<StepNews> queue = new LinkedBlockingQueue<>();
  private final AtomicLong waiting = new AtomicLong();
  private final Semaphore ready = new Semaphore(0);
  private final Thread writer = Thread.ofVirtual().name("step-relay").unstarted(this::write);

  private StepRelay(ServerCallStreamObserver<StepNews> call) {
    this.call = call;
  }

  /** Joins the flight for the caller; to be called before the call's method returns. */
  static void start(ServerCallStreamObserver<StepNews> call, Flight flight) {
    StepRelay relay = new StepRelay(call);
    call.setOnReadyHandler(relay.ready::release);
    call.setOnCancelHandler(() -> {
      flight.leave(relay);
      relay.writer.interrupt();
    });
    relay.writer.start();
    flight.join(relay);
  }

  @Override
  public void news(StageEvent event) {
    StepNews news = StepNews.newBuilder().setEvent(event).build();
    if (waiting.get() + news.getSerializedSize() <= MAX_WAITING_BYTES) {
      put(news);
    }
  }

  @Override
  public void ended(Flight.Outcome outcome) {
    put(StepNews.newBuilder().setEnd(end(outcome)).build());
  }

  private void put(StepNews news) {
    waiting.addAndGet(news.getSerializedSize());
    queue.add(news);
  }

  private static StepEnd end(Flight.Outcome outcome) {
    return switch (outcome) {
      case Flight.Outcome.Landed(Map<Integer, LayerChain> results) -> {
        StepLanded.Builder landed = StepLanded.newBuilder();
        results.forEach((output, chain) -> {
          StepResult.Builder result = StepResult.newBuilder().setOutput(output);
          chain.layers().forEach(id -> result.addChain(HeldLayer.newBuilder().setLayerId(id)));
          landed.addResults(result);
        });
        yield StepEnd.newBuilder().setLanded(landed).build();
      }
      case Flight.Outcome.Failed(String message, int exitCode) ->
          StepEnd.newBuilder()
              .setBroken(StepBroken.newBuilder().setMessage(message).setExitCode(exitCode))
              .build();
      case Flight.Outcome.Abandoned() ->
          StepEnd.newBuilder().setAbandoned(StepAbandoned.getDefaultInstance()).build();
    };
  }

  private void write() {
    try {
      while (true) {
        StepNews news = queue.take();
        while (!call.isReady() && !call.isCancelled()) {
          ready.tryAcquire(READY_POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (call.isCancelled()) {
          return;
        }
        call.onNext(news);
        waiting.addAndGet(-news.getSerializedSize());
        if (news.hasEnd()) {
          call.onCompleted();
          return;
        }
      }
    } catch (InterruptedException _) {
      LOG.trace("nobody reads the step's news any more");
    } catch (RuntimeException e) {
      LOG.atDebug().setCause(e).log("link to a coordinator that waits for a step broke");
    }
  }
}
