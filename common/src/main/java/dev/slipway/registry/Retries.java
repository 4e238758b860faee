package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries again what may succeed the next time. The only place of this package that
 * pauses. @ThreadSafe
 */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

  /** Of the whole process: clients and transfers are made in many places. */
  private static final LongAdder COUNT = new LongAdder();

  private final RetryPolicy policy;

  Retries(RetryPolicy policy) {
    this.policy = policy;
  }

  /**
   * Runs the attempt until it succeeds, fails for good, or the policy's bounds are reached.
   *
   * @param what what is tried, for messages
   * @param host the registry asked, for messages
   */
  <T> T run(String what, String host, Attempt<T> attempt)
      throws SlipwayException, InterruptedException {
    Pace pace = new Pace();
    while (true) {
      try {
        return attempt.run();
      } catch (IOException e) {
        pace.afterFailure(explain(what, host, e));
      } catch (SlipwayException e) {
        pace.afterFailure(e);
      }
    }
  }

  /** Attempts after the first since the process began. */
  static long count() {
    return COUNT.sum();
  }

  Pace pace() {
    return new Pace();
  }

  /** Turns a failed connection into a sentence that says what to do. */
  static SlipwayException explain(String what, String host, IOException e) {
    String cause;
    if (hasCause(e, UnresolvedAddressException.class)) {
      cause =
          "the name of registry "
              + host
              + " cannot be resolved: check the name, and the DNS of this machine";
    } else if (e instanceof HttpConnectTimeoutException) {
      cause =
          "registry "
              + host
              + " cannot be reached: connecting took too long; check network and firewall";
    } else if (e instanceof ConnectException) {
      cause =
          "registry "
              + host
              + " refused the connection: check that it runs and that host and port are right";
    } else if (e instanceof SSLException) {
      cause =
          "TLS with registry "
              + host
              + " failed: "
              + e.getMessage()
              + "; a registry without TLS needs `http = true` in its [registry] section, one with its own certificate `insecure = true`";
    } else if (e instanceof HttpTimeoutException) {
      cause = "registry " + host + " did not answer in time";
    } else {
      cause =
          "connection to registry "
              + host
              + " broke: "
              + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
    return RegistryException.unreachable(what + " failed: " + cause, e);
  }

  private static boolean hasCause(Throwable error, Class<? extends Throwable> type) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  /** Something that may fail on the network. */
  interface Attempt<T> {
    T run() throws IOException, SlipwayException, InterruptedException;
  }

  /** Counts the failures of one undertaking. Confined to its thread. */
  final class Pace {
    private final long start = System.nanoTime();
    private int failures;

    /** Pauses if another attempt is due, throws otherwise. */
    void afterFailure(SlipwayException failure) throws SlipwayException, InterruptedException {
      if (!another(failure)) {
        throw failure;
      }
    }

    /** Pauses if another attempt is due; false at once otherwise. */
    boolean another(SlipwayException failure) throws InterruptedException {
      failures++;
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      if (!failure.kind().mayRetry()
          || failures >= policy.attempts()
          || elapsed.compareTo(policy.overall()) > 0) {
        return false;
      }
      Duration pause = policy.pause(failures, ThreadLocalRandom.current().nextDouble());
      if (failure instanceof RegistryException answer && answer.retryAfter().isPresent()) {
        Duration asked = answer.retryAfter().get();
        pause = asked.compareTo(pause) > 0 ? asked : pause;
      }
      LOG.atDebug()
          .addKeyValue("failures", failures)
          .addKeyValue("pause", pause)
          .addKeyValue("reason", failure.getMessage())
          .log("trying again");
      COUNT.increment();
      Thread.sleep(pause);
      return true;
    }

    /** Something moved: earlier failures do not count any more. */
    void progressed() {
      failures = 0;
    }
  }
}
