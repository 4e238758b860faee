package dev.slipway.explain;

import dev.slipway.explain.Recipe.Step;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which step of an earlier build is which step of this one: the one with the same key, else the one
 * that says the same for the same platform, else the one that stood in the same place.
 */
final class Matching {
  private final Map<Integer, Step> earlier = new HashMap<>();
  private final Recipe now;

  private Matching(Recipe now, Recipe before) {
    this.now = now;
    Set<Step> taken = new HashSet<>();
    for (Function<Step, ?> likeness :
        List.<Function<Step, ?>>of(
            Step::key,
            step -> List.of(step.platform(), step.text(), step.place()),
            step -> List.of(step.platform(), step.text()),
            step -> List.of(step.platform(), step.place()))) {
      pair(likeness, before.steps(), taken);
    }
  }

  /** The steps as they were in that build. */
  static Matching of(Recipe now, Recipe before) {
    return new Matching(now, before);
  }

  /** The recipe that has most in common with this one; of several the first. */
  static Optional<Recipe> nearest(Recipe now, Collection<Recipe> earlier) {
    Set<Long> keys = new HashSet<>();
    now.steps().forEach(step -> keys.add(step.key()));
    // The first of equals wins: max() would take the last.
    return earlier.stream()
        .sorted(
            Comparator.comparingLong((Recipe recipe) ->
                    recipe.steps().stream().filter(step -> keys.contains(step.key())).count())
                .reversed())
        .findFirst();
  }

  /** What the step was; empty = it is new. */
  Optional<Step> before(int step) {
    return Optional.ofNullable(earlier.get(step));
  }

  private void pair(Function<Step, ?> likeness, List<Step> before, Set<Step> taken) {
    Map<Object, Deque<Step>> free = new HashMap<>();
    for (Step step : before) {
      if (!taken.contains(step)) {
        free.computeIfAbsent(likeness.apply(step), _ -> new ArrayDeque<>()).add(step);
      }
    }
    for (int i = 0; i < now.steps().size(); i++) {
      Deque<Step> alike = free.get(likeness.apply(now.steps().get(i)));
      if (!earlier.containsKey(i) && alike != null && !alike.isEmpty()) {
        Step step = alike.poll();
        earlier.put(i, step);
        taken.add(step);
      }
    }
  }
}
