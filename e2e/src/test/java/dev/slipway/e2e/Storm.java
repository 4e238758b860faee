package dev.slipway.e2e;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Faults drawn from a seed: what breaks, where, when and for how long. The same seed gives the same
 * storm. The farm has {@link #COORDINATORS} coordinators, of which the client uses {@link
 * #CLIENTS}, and {@link #WORKERS} workers.
 */
record Storm(long seed, List<Blow> blows) {
  static final int COORDINATORS = 3;
  static final int WORKERS = 3;

  /** The client's own coordinator is left alone: its death ends its builds by design. */
  static final int CLIENTS = 2;

  private static final int BLOWS = 4;

  /** What breaks. */
  enum Fault {
    WORKER_DIES,
    WORKER_HANGS,
    WORKER_CRAWLS,
    COORDINATOR_HANGS,
    LINK_IS_CUT,
    REGISTRY_FAILS,
    REGISTRY_HANGS_UP
  }

  /**
   * One fault.
   *
   * @param after milliseconds since the blow before
   * @param victim number of the worker or coordinator, from 1
   * @param lasts milliseconds
   */
  record Blow(int after, Fault fault, int victim, int lasts) {}

  static Storm of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Blow> blows = new ArrayList<>();
    // Nothing breaks twice at a time: no fault twice, no worker twice.
    List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
    int firstWorker = random.nextInt(WORKERS);
    for (int i = 0; i < BLOWS; i++) {
      Fault fault = faults.remove(random.nextInt(faults.size()));
      int victim =
          fault == Fault.COORDINATOR_HANGS
              ? (random.nextBoolean() ? 1 : COORDINATORS)
              : 1 + (firstWorker + fault.ordinal()) % WORKERS;
      int lasts =
          switch (fault) {
            // Some are noticed, some are over before.
            case WORKER_HANGS, COORDINATOR_HANGS, LINK_IS_CUT -> 2_000 + random.nextInt(11_000);
            case WORKER_CRAWLS -> 1_000 + random.nextInt(5_000);
            case REGISTRY_FAILS, REGISTRY_HANGS_UP -> 200 + random.nextInt(1_300);
            case WORKER_DIES -> 0;
          };
      blows.add(new Blow(random.nextInt(2_500), fault, victim, lasts));
    }
    return new Storm(seed, List.copyOf(blows));
  }

  /** A registry that fails while a blow says so. */
  static final class Gate implements RegistryFront.Gate {
    private final AtomicReference<Fault> now = new AtomicReference<>();

    @Override
    public void pass(HttpExchange exchange) throws IOException {
      Fault fault = now.get();
      if (fault == Fault.REGISTRY_FAILS) {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(500, -1);
        exchange.close();
      } else if (fault == Fault.REGISTRY_HANGS_UP) {
        exchange.sendResponseHeaders(200, 1 << 20);
        exchange.getResponseBody().flush();
        exchange.close();
      }
    }
  }

  /** Lets it rage and returns when all that broke is whole again. */
  void rage(Farm farm, Gate registry) {
    try (ExecutorService blows = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (Blow blow : this.blows) {
        Thread.sleep(blow.after());
        System.out.println("storm " + seed + ": " + blow);
        running.add(
            blows.submit(() -> {
              strike(blow, farm, registry);
              return null;
            }));
      }
      for (Future<?> blow : running) {
        blow.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError("storm " + seed, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static void strike(Blow blow, Farm farm, Gate registry) throws InterruptedException {
    int victim = blow.victim();
    switch (blow.fault()) {
      case WORKER_DIES -> {
        farm.killWorker(victim);
        farm.addWorker();
      }
      case WORKER_HANGS -> {
        farm.suspendWorker(victim);
        Thread.sleep(blow.lasts());
        farm.resumeWorker(victim);
      }
      case WORKER_CRAWLS -> crawl(farm, victim, Duration.ofMillis(blow.lasts()));
      case COORDINATOR_HANGS -> {
        farm.signalCoordinator(victim, "STOP");
        Thread.sleep(blow.lasts());
        farm.signalCoordinator(victim, "CONT");
      }
      case LINK_IS_CUT -> {
        String port = farm.workersAddress(CLIENTS).replaceFirst(".*:", "");
        try (Cut _ = Cut.of(port)) {
          Thread.sleep(blow.lasts());
        }
      }
      case REGISTRY_FAILS, REGISTRY_HANGS_UP -> {
        registry.now.set(blow.fault());
        Thread.sleep(blow.lasts());
        registry.now.set(null);
      }
    }
  }

  /** A process that gets a fifth of its time. */
  private static void crawl(Farm farm, int worker, Duration lasts) throws InterruptedException {
    long until = System.nanoTime() + lasts.toNanos();
    while (System.nanoTime() < until) {
      farm.suspendWorker(worker);
      Thread.sleep(200);
      farm.resumeWorker(worker);
      Thread.sleep(50);
    }
  }
}
