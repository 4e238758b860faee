package dev.slipway.solve;

import dev.slipway.cache.ApartIndex;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.Stage;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The claims of one solve on the steps it is about to run. Owned by the driver's thread. */
final class StepClaims {
  private final Flights flights;
  private final KeyedGraph keyed;
  private final String buildId;
  private final Optional<String> apart;
  private final Map<Digest, Joined> joined = new HashMap<>();

  StepClaims(Flights flights, KeyedGraph keyed, BuildContext build) {
    this.flights = flights;
    this.keyed = keyed;
    this.buildId = build.buildId();
    this.apart = build.rights().trust().apart();
  }

  /**
   * What a stage could have of its steps.
   *
   * @param mine flights of the first steps, in order; all of them when nobody else has one
   * @param elsewhere the flight of the very first step when another build has it
   */
  record Claim(Map<Digest, Flight> mine, Optional<Flight> elsewhere) {}

  private record Joined(Flight flight, Flight.Waiter waiter) {}

  /** Claims the steps from the first on, up to the first that somebody else has. */
  Claim claim(Stage stage) {
    Flights.Claim claim =
        flights.claim(
            stage.steps().stream().map(Vertex::digest).map(this::wanted).toList(), buildId);
    Map<Digest, Flight> mine = new LinkedHashMap<>();
    for (int i = 0; i < claim.mine().size(); i++) {
      mine.put(stage.steps().get(i).digest(), claim.mine().get(i));
    }
    return new Claim(mine, claim.elsewhere());
  }

  /** The build waits for another's flight of that step. */
  void join(Digest step, Flight flight, Flight.Waiter waiter) {
    joined.put(step, new Joined(flight, waiter));
    flight.join(waiter);
  }

  /** The flight that the build waited for has ended. */
  void left(Digest step) {
    joined.remove(step);
  }

  /** The build waits for nobody any more. */
  void leaveAll() {
    joined.values().forEach(one -> one.flight().leave(one.waiter()));
    joined.clear();
  }

  /** Ends one of the flights; nothing happens when it has ended before. */
  void end(Map<Digest, Flight> mine, Digest step, Flight.Outcome outcome) {
    Flight flight = mine.get(step);
    if (flight != null) {
      flights.end(wanted(step).key(), flight, outcome);
    }
  }

  /** Ends those of the flights that have not ended: whoever waits may take the steps. */
  void abandon(Map<Digest, Flight> mine) {
    mine.keySet().forEach(step -> end(mine, step, new Flight.Outcome.Abandoned()));
  }

  /**
   * A step told not to use the cache shares with nobody; one whose result is its client's only,
   * with that client.
   */
  private Flights.Wanted wanted(Digest step) {
    VertexWork work = keyed.of(step);
    String key = apart.map(owner -> ApartIndex.key(owner, work.key)).orElse(work.key);
    return new Flights.Wanted(work.reusable ? key : key + "@" + buildId, work.reusable);
  }
}
