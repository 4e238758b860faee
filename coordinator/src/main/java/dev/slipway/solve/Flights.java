package dev.slipway.solve;

import dev.slipway.cluster.Lease;
import dev.slipway.cluster.Leases;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Single flight over the cluster: of all builds that want the same key at the same time one runs
 * it. A key is taken in this process first and under a lease of the cluster then. When another
 * coordinator has the lease, the flight here follows the one there, and the builds here wait for
 * the follower.
 *
 * <p>Nobody waits in a circle. A claim is made only for a step whose inputs exist, and its holder
 * waits for nothing but a worker: a claim that fails gives back whatever it got with it before
 * anybody waits. A coordinator follows only who holds the lease, and who holds it runs the step
 * itself. @ThreadSafe
 */
final class Flights {
  private static final Logger LOG = LoggerFactory.getLogger(Flights.class);

  private final ConcurrentMap<String, Flight> byKey = new ConcurrentHashMap<>();
  private final Leases leases;
  private final LeaseReturns returns;
  private final StepFollower follower;

  Flights(Leases leases, StepFollower follower) {
    this.leases = leases;
    this.returns = new LeaseReturns(leases);
    this.follower = follower;
  }

  /**
   * What to claim.
   *
   * @param shared whether other builds may want the same key
   */
  record Wanted(String key, boolean shared) {}

  /**
   * What came of a claim.
   *
   * @param mine flights of the first keys, in order
   * @param elsewhere the flight of the very first key when another build has it
   */
  record Claim(List<Flight> mine, Optional<Flight> elsewhere) {}

  /**
   * Claims the keys from the first on, up to the first that somebody else has; one exchange with
   * the cluster.
   */
  Claim claim(List<Wanted> wanted, String buildId) {
    List<Flight> mine = new ArrayList<>();
    for (Wanted one : wanted) {
      Flight flight = new Flight();
      Flight other = byKey.putIfAbsent(one.key(), flight);
      if (other != null) {
        if (mine.isEmpty()) {
          return new Claim(List.of(), Optional.of(other));
        }
        break;
      }
      mine.add(flight);
    }
    try {
      return lease(wanted.subList(0, mine.size()), mine, buildId);
    } catch (RuntimeException e) {
      giveBack(wanted, mine, 0);
      throw e;
    }
  }

  private Claim lease(List<Wanted> wanted, List<Flight> mine, String buildId) {
    List<String> shared = wanted.stream().filter(Wanted::shared).map(Wanted::key).toList();
    if (shared.isEmpty()) {
      return new Claim(mine, Optional.empty());
    }
    Leases.Claim claim = leases.claim(shared, buildId);
    int got = 0;
    while (got < wanted.size() && (!wanted.get(got).shared() || claim.has(wanted.get(got).key()))) {
      got++;
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (claim.has(wanted.get(i).key())) {
        mine.get(i).holds(claim.lease());
      }
    }
    giveBack(wanted, mine, Math.max(1, got));
    if (got > 0) {
      return new Claim(List.copyOf(mine.subList(0, got)), Optional.empty());
    }
    follow(wanted.getFirst().key(), mine.getFirst(), claim.holders().get(wanted.getFirst().key()));
    return new Claim(List.of(), Optional.of(mine.getFirst()));
  }

  private void giveBack(List<Wanted> wanted, List<Flight> mine, int from) {
    for (int i = from; i < mine.size(); i++) {
      end(wanted.get(i).key(), mine.get(i), new Flight.Outcome.Abandoned());
    }
  }

  private void follow(String key, Flight flight, Lease lease) {
    Thread thread =
        Thread.ofVirtual()
            .name("follow-step")
            .unstarted(() -> end(key, flight, outcome(key, flight, lease)));
    flight.followedBy(thread);
    thread.start();
  }

  private Flight.Outcome outcome(String key, Flight flight, Lease lease) {
    try {
      StepFollower.End end = follower.follow(lease, key, flight::publish);
      return switch (end) {
        case StepFollower.End.Ended(Flight.Outcome outcome) -> outcome;
        case StepFollower.End.Unknown() -> {
          LOG.atDebug().addKeyValue("owner", lease.owner()).log("lease of a forgotten step ended");
          leases.release(List.of(key), lease);
          yield new Flight.Outcome.Abandoned();
        }
        case StepFollower.End.Broken() -> new Flight.Outcome.Abandoned();
      };
    } catch (InterruptedException _) {
      LOG.trace("nobody waits for the step any more");
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("owner", lease.owner()).setCause(e).log("step not followed");
    }
    return new Flight.Outcome.Abandoned();
  }

  /** The flight of a step that runs here, or whose claim is being made. */
  Optional<Flight> find(String key) {
    return Optional.ofNullable(byKey.get(key)).filter(flight -> !flight.isFollowed());
  }

  /** Ends the flight and gives the key free. */
  void end(String key, Flight mine, Flight.Outcome outcome) {
    if (byKey.remove(key, mine)) {
      mine.lease().ifPresent(lease -> returns.give(key, lease));
    }
    mine.end(outcome);
  }
}
