package dev.slipway.fleet;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.Forwarding;
import dev.slipway.protocol.worker.ForwardedBytes;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stages may connect to through this coordinator while they run: ssh agents of their clients.
 * Whoever has the token of a running stage gets a connection. @ThreadSafe
 */
final class SharedConnections {
  private static final Logger LOG = LoggerFactory.getLogger(SharedConnections.class);

  /** Connections at once, of all stages: each has two threads and some hundred KiB of buffers. */
  private static final int MAX_OPEN = 512;

  private final Map<String, Fleet.Connecting> byToken = new ConcurrentHashMap<>();
  private final Semaphore open = new Semaphore(MAX_OPEN);

  /** Starts a stage for which the tokens count until it has ended. */
  interface Start {
    void run(RunStage stage, StageListener listener) throws SlipwayException;
  }

  /** Lets the tokens count until the returned action has run. */
  Runnable admit(Map<String, Fleet.Connecting> shared) {
    byToken.putAll(shared);
    return () -> byToken.keySet().removeAll(shared.keySet());
  }

  void during(
      RunStage stage, StageListener listener, Map<String, Fleet.Connecting> shared, Start start)
      throws SlipwayException {
    byToken.putAll(shared);
    boolean started = false;
    try {
      start.run(stage, new Withdrawing(listener, shared));
      started = true;
    } finally {
      if (!started) {
        byToken.keySet().removeAll(shared.keySet());
      }
    }
  }

  /** A worker's call. @return where its messages go */
  StreamObserver<ForwardedBytes> answer(StreamObserver<ForwardedBytes> responses) {
    ByteCall<ForwardedBytes, ForwardedBytes> worker = Forwarding.answer(responses);
    Thread.ofVirtual().name("forward").start(() -> connect(worker));
    return worker.incoming();
  }

  private void connect(ByteCall<ForwardedBytes, ForwardedBytes> worker) {
    if (!open.tryAcquire()) {
      worker.fail(Status.RESOURCE_EXHAUSTED.withDescription("too many connections are open"));
      return;
    }
    try {
      String token = worker.read().map(bytes -> bytes.toStringUtf8()).orElse("");
      Fleet.Connecting connecting = byToken.get(token);
      if (connecting == null) {
        worker.fail(
            Status.PERMISSION_DENIED.withDescription("the token is none of a running stage"));
        return;
      }
      try (ByteCall<?, ?> client = connecting.connect()) {
        carry(worker, client);
      }
    } catch (SlipwayException e) {
      LOG.atDebug().setCause(e).log("connection of a stage ended");
      worker.fail(Status.UNAVAILABLE.withDescription(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.release();
    }
  }

  /** Both ways, until both have ended; a direction that breaks ends the other. */
  private static void carry(ByteCall<ForwardedBytes, ForwardedBytes> worker, ByteCall<?, ?> client)
      throws SlipwayException, InterruptedException {
    Thread up =
        Thread.ofVirtual()
            .name("forward-up")
            .start(() -> {
              try {
                client.copyFrom(worker);
              } catch (SlipwayException e) {
                LOG.atDebug().setCause(e).log("connection of a stage broke");
                client.close();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
    worker.copyFrom(client);
    up.join();
  }

  private final class Withdrawing implements StageListener {
    private final StageListener listener;
    private final Map<String, Fleet.Connecting> shared;

    Withdrawing(StageListener listener, Map<String, Fleet.Connecting> shared) {
      this.listener = listener;
      this.shared = shared;
    }

    @Override
    public void event(StageEvent event) {
      listener.event(event);
    }

    @Override
    public void outcome(StageOutcome outcome) {
      byToken.keySet().removeAll(shared.keySet());
      listener.outcome(outcome);
    }

    @Override
    public void lost() {
      byToken.keySet().removeAll(shared.keySet());
      listener.lost();
    }
  }
}
