package dev.slipway.solve;

import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.Stage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The claims of one solve on the steps it is about to run. Owned by the driver's thread. */
final class StepClaims {
  private final Flights flights;
  private final KeyedGraph keyed;
  private final String buildId;

  StepClaims(Flights flights, KeyedGraph keyed, String buildId) {
    this.flights = flights;
    this.keyed = keyed;
    this.buildId = buildId;
  }

  /**
   * What a stage could have of its steps.
   *
   * @param mine flights of the first steps, in order; all of them when nobody else has one
   * @param elsewhere the flight of the very first step when another build has it
   */
  record Claim(Map<Digest, Flight> mine, Optional<Flight> elsewhere) {}

  /** Claims the steps from the first on, up to the first that somebody else has. */
  Claim claim(Stage stage) {
    Map<Digest, Flight> mine = new LinkedHashMap<>();
    for (Vertex step : stage.steps()) {
      Flight flight = new Flight();
      Optional<Flight> other = flights.claim(key(step.digest()), flight);
      if (other.isPresent()) {
        return new Claim(mine, mine.isEmpty() ? other : Optional.empty());
      }
      mine.put(step.digest(), flight);
    }
    return new Claim(mine, Optional.empty());
  }

  /** Ends one of the flights; nothing happens when it has ended before. */
  void end(Map<Digest, Flight> mine, Digest step, Flight.Outcome outcome) {
    Flight flight = mine.get(step);
    if (flight != null) {
      flights.end(key(step), flight, outcome);
    }
  }

  /** Ends those of the flights that have not ended: whoever waits may take the steps. */
  void abandon(Map<Digest, Flight> mine) {
    mine.keySet().forEach(step -> end(mine, step, new Flight.Outcome.Abandoned()));
  }

  /** A step told not to use the cache shares with nobody. */
  private String key(Digest step) {
    VertexWork work = keyed.of(step);
    return work.reusable ? work.key : work.key + "@" + buildId;
  }
}
