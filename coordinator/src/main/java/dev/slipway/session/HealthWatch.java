package dev.slipway.session;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the client at intervals whether it is there. Runs until it is interrupted or the client is
 * gone.
 */
final class HealthWatch implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(HealthWatch.class);

  private final String sessionId;
  private final Channel channel;
  private final HealthPolicy policy;
  private final Consumer<String> gone;

  /**
   * @param gone told once, with the reason
   */
  HealthWatch(String sessionId, Channel channel, HealthPolicy policy, Consumer<String> gone) {
    this.sessionId = sessionId;
    this.channel = channel;
    this.policy = policy;
    this.gone = gone;
  }

  @Override
  public void run() {
    Duration last = Duration.ZERO;
    int failures = 0;
    try {
      while (true) {
        Thread.sleep(policy.interval());
        Duration patience = policy.timeout();
        Duration longer = last.multipliedBy(3).dividedBy(2);
        if (longer.compareTo(patience) > 0) {
          patience = longer;
        }
        long begun = System.nanoTime();
        if (answers(patience)) {
          failures = 0;
          last = Duration.ofNanos(System.nanoTime() - begun);
        } else if (Thread.interrupted()) {
          return;
        } else if (++failures >= policy.failures()) {
          gone.accept("client did not answer " + failures + " health checks");
          return;
        }
      }
    } catch (InterruptedException e) {
      // The session ended; so does its watch.
    }
  }

  private boolean answers(Duration patience) {
    try {
      HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
          .check(HealthCheckRequest.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        // An answer is an answer.
        return true;
      }
      log.atDebug()
          .addKeyValue("session", sessionId)
          .addKeyValue("status", e.getStatus().getCode())
          .log("health check failed");
      return false;
    }
  }
}
