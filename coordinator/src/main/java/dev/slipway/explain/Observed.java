package dev.slipway.explain;

import dev.slipway.explain.Recipe.Input;
import dev.slipway.explain.Recipe.Step;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A build while it runs: references and a few words for each step. @ThreadSafe */
final class Observed {
  private final Subject subject;

  // Guarded by this.
  private final List<Ingredients> solves = new ArrayList<>();
  private final Map<Digest, Outcome> outcomes = new HashMap<>();
  private final Map<Digest, Made> made = new HashMap<>();

  /** A result: who made it, and its layers. */
  private record Made(String worker, List<String> layers) {
    static final Made EARLIER = new Made("", List.of());
  }

  Observed(Subject subject) {
    this.subject = subject;
  }

  synchronized void add(Ingredients ingredients) {
    solves.add(ingredients);
  }

  synchronized void outcome(Digest vertex, Outcome outcome) {
    outcomes.put(vertex, outcome);
    if (outcome == Outcome.CACHED) {
      made.put(vertex, Made.EARLIER);
    }
  }

  synchronized void made(Digest vertex, String worker, List<String> layers) {
    made.put(vertex, new Made(worker, List.copyOf(layers)));
  }

  synchronized boolean isEmpty() {
    return outcomes.isEmpty();
  }

  synchronized boolean isAllCached() {
    return outcomes.values().stream().allMatch(Outcome.CACHED::equals);
  }

  /** The same for builds of the same subject with the same keys of results. */
  synchronized String fingerprint() {
    StringBuilder all = new StringBuilder(subject.toString());
    for (Ingredients solve : solves) {
      all.append('\n').append(solve.tenant());
      solve
          .graph()
          .targets()
          .forEach(target ->
              target.ifPresent(edge -> all.append(' ').append(solve.keys().get(edge.vertex()))));
    }
    return all.toString();
  }

  /** Counts together what is known by now; costs what the hashes cost. */
  synchronized Account account(String buildId, byte[] key, Instant now) {
    RecipeMaker maker = new RecipeMaker(key);
    solves.forEach(maker::add);
    String tenant = solves.isEmpty() ? "" : solves.getFirst().tenant();
    return new Account(
        maker, maker.recipe(buildId, now), tenant, subject, Map.copyOf(outcomes), Map.copyOf(made));
  }

  /** A build's recipe beside what became of its steps. */
  record Account(
      RecipeMaker maker,
      Recipe recipe,
      String tenant,
      Subject subject,
      Map<Digest, Outcome> outcomes,
      Map<Digest, Made> made) {
    String slot() {
      return subject.slot(tenant);
    }

    Explanation explain(List<Recipe> earlier, Set<String> workers) {
      Reasons reasons = new Reasons(maker, recipe, earlier, subject.arguments(), workers);
      List<Explanation.Step> steps = new ArrayList<>();
      int cached = 0;
      for (int i = 0; i < recipe.steps().size(); i++) {
        Vertex vertex = maker.vertex(i);
        Optional<Outcome> outcome = Optional.ofNullable(outcomes.get(vertex.digest()));
        if (outcome.isPresent() && outcome.get() != Outcome.CACHED) {
          steps.add(
              new Explanation.Step(
                  vertex.digest().value(),
                  recipe.steps().get(i).label(),
                  outcome.get(),
                  made.getOrDefault(vertex.digest(), Made.EARLIER).worker(),
                  reasons.of(i, outcome.get(), vertex.metadata().ignoreCache())));
        } else if (outcome.isPresent()) {
          cached++;
        }
      }
      return new Explanation(
          recipe.buildId(),
          tenant,
          reasons.compared().map(old -> new Explanation.Earlier(old.buildId(), old.at())),
          cached,
          steps);
    }

    /** The recipe as later builds compare themselves with it. */
    Recipe remembered(List<Recipe> earlier) {
      Map<Long, String> makers = new HashMap<>();
      earlier
          .reversed()
          .forEach(old -> old.steps().forEach(step -> makers.put(step.key(), step.worker())));
      Set<Integer> below = belowCached();
      List<Step> steps = new ArrayList<>();
      for (int i = 0; i < recipe.steps().size(); i++) {
        Step step = recipe.steps().get(i);
        Made result = made.get(maker.vertex(i).digest());
        steps.add(
            step.made(
                result != null || below.contains(i),
                result == null || result.worker().isEmpty()
                    ? makers.getOrDefault(step.key(), "")
                    : result.worker()));
      }
      return new Recipe(
          recipe.buildId(), recipe.at(), recipe.trustDomain(), recipe.identity(), steps);
    }

    /** Where the layers come from that the build has made. */
    Map<String, Provenance> provenance() {
      Map<String, Provenance> found = new HashMap<>();
      for (int i = 0; i < recipe.steps().size(); i++) {
        Step step = recipe.steps().get(i);
        Made result = made.getOrDefault(maker.vertex(i).digest(), Made.EARLIER);
        for (String layer : result.layers()) {
          found.put(
              layer,
              new Provenance(
                  tenant,
                  recipe.trustDomain(),
                  recipe.buildId(),
                  subject.name(),
                  step.label(),
                  step.platform(),
                  result.worker(),
                  recipe.at(),
                  recipe.ingredients(step)));
        }
      }
      return found;
    }

    /** Steps that nobody looked at because what builds on them was known. */
    private Set<Integer> belowCached() {
      Set<Integer> below = new HashSet<>();
      for (int i = recipe.steps().size() - 1; i >= 0; i--) {
        boolean known =
            below.contains(i) || outcomes.get(maker.vertex(i).digest()) == Outcome.CACHED;
        for (Input input : recipe.steps().get(i).inputs()) {
          if (known && input instanceof Input.Result(int from, _) && from >= 0) {
            below.add(from);
          }
        }
      }
      return below;
    }
  }
}
