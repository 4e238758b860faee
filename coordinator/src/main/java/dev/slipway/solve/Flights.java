package dev.slipway.solve;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Single flight: of all builds that want the same key at the same time one runs it. A claim is made
 * only for a step whose inputs exist, and its holder waits for nothing but a worker, so claims
 * cannot wait for each other in a circle. @ThreadSafe
 */
final class Flights {
  private final ConcurrentMap<String, Flight> byKey = new ConcurrentHashMap<>();

  /** Claims the key; returns the flight of whoever has it already, else nothing. */
  Optional<Flight> claim(String key, Flight mine) {
    return Optional.ofNullable(byKey.putIfAbsent(key, mine));
  }

  /** Ends the flight and gives the key free. */
  void end(String key, Flight mine, Flight.Outcome outcome) {
    byKey.remove(key, mine);
    mine.end(outcome);
  }
}
