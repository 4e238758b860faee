package dev.slipway.cache;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A worker's time in the farm, at however many coordinators.
 *
 * @param number drawn when the first coordinator took the worker in; holders of layers are written
 *     down with it
 * @param incarnation of the worker's process
 * @param coordinators those that have a link to it
 */
record Membership(long number, long incarnation, Set<String> coordinators) {
  Membership {
    coordinators = Set.copyOf(coordinators);
  }

  boolean isPresent(Predicate<String> isLive) {
    return coordinators.stream().anyMatch(isLive);
  }

  Membership with(String coordinator) {
    Set<String> all = new HashSet<>(coordinators);
    all.add(coordinator);
    return new Membership(number, incarnation, all);
  }

  /** What is left when only those coordinators count; empty when none does. */
  Optional<Membership> only(Predicate<String> coordinatorCounts) {
    Set<String> rest = new HashSet<>(coordinators);
    rest.removeIf(coordinatorCounts.negate());
    return rest.isEmpty()
        ? Optional.empty()
        : Optional.of(new Membership(number, incarnation, rest));
  }
}
