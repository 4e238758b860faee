package dev.slipway.explain;

import dev.slipway.context.ContextTree;
import dev.slipway.explain.Reason.Kind;
import dev.slipway.explain.Recipe.Input;
import dev.slipway.explain.Recipe.Step;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the first input in which a step differs from what it was, and says it. What the step itself
 * says and reads comes before the steps that it builds on: those have reasons of their own.
 */
final class Reasons {
  private final RecipeMaker made;
  private final Recipe now;
  private final Optional<Recipe> before;
  private final Optional<Matching> matching;
  private final Set<String> arguments;
  private final Set<String> presentWorkers;

  /**
   * @param earlier recipes of the same subject, newest first
   * @param arguments names of the build's arguments
   * @param presentWorkers names of the workers in the farm
   */
  Reasons(
      RecipeMaker made,
      Recipe now,
      List<Recipe> earlier,
      Set<String> arguments,
      Set<String> presentWorkers) {
    this.made = made;
    this.now = now;
    this.before = Matching.nearest(now, earlier);
    this.matching = before.map(recipe -> Matching.of(now, recipe));
    this.arguments = arguments;
    this.presentWorkers = presentWorkers;
  }

  Optional<Recipe> compared() {
    return before;
  }

  /** The step as it was in the build that this one is compared with. */
  Optional<Step> before(int index) {
    return matching.flatMap(match -> match.before(index));
  }

  /** Why the step was not served from the cache. @param ignoresCache it was told so itself */
  Reason of(int index, Outcome outcome, boolean ignoresCache) {
    Step step = now.steps().get(index);
    if (ignoresCache) {
      return new Reason(Kind.NO_CACHE, "it was told not to use the cache (--no-cache)");
    }
    if (outcome == Outcome.FRESH) {
      return new Reason(
          Kind.NO_CACHE, "a step that it builds on was told not to use the cache (--no-cache)");
    }
    if (outcome == Outcome.SHARED) {
      return new Reason(Kind.SHARED, "another build was making it at that moment");
    }
    if (before.isEmpty()) {
      return outcome == Outcome.LOST
          ? lost("")
          : new Reason(Kind.FIRST_BUILD, "no earlier build of this is remembered");
    }
    Optional<Step> earlier = before(index);
    if (earlier.isEmpty()) {
      return outcome == Outcome.LOST ? lost("") : unknownStep(step);
    }
    return difference(index, step, earlier.get()).orElseGet(() -> same(outcome, earlier.get()));
  }

  private Reason unknownStep(Step step) {
    Set<String> others = new TreeSet<>();
    for (Step other : before.orElseThrow().steps()) {
      if (other.text().equals(step.text()) && !other.platform().equals(step.platform())) {
        others.add(other.platform());
      }
    }
    return others.isEmpty()
        ? new Reason(Kind.NEW_STEP, "the step is new")
        : new Reason(
            Kind.NEW_PLATFORM,
            "the platform %s is new (was built for %s)"
                .formatted(step.platform(), String.join(", ", others)));
  }

  private Optional<Reason> difference(int index, Step step, Step earlier) {
    String domain = before.orElseThrow().trustDomain();
    if (!domain.equals(now.trustDomain())) {
      return Optional.of(
          new Reason(
              Kind.TRUST_DOMAIN,
              "the trust domain is now %s (was %s): domains share no results"
                  .formatted(named(now.trustDomain()), named(domain))));
    }
    return images(step, earlier)
        .or(() -> definition(step, earlier))
        .or(() -> files(index, step, earlier))
        .or(() -> steps(step, earlier));
  }

  private static String named(String domain) {
    return domain.isEmpty() ? "the default one" : domain;
  }

  private Optional<Reason> images(Step step, Step earlier) {
    for (int i = 0; i < Math.min(step.inputs().size(), earlier.inputs().size()); i++) {
      if (step.inputs().get(i) instanceof Input.Image image
          && earlier.inputs().get(i) instanceof Input.Image old
          && !image.equals(old)) {
        if (!image.name().equals(old.name())) {
          return Optional.of(
              new Reason(
                  Kind.BASE_IMAGE,
                  "the image is now %s (was %s)".formatted(image.name(), old.name())));
        }
        return Optional.of(
            new Reason(
                Kind.BASE_IMAGE,
                "the image %s is now %s (was %s)"
                    .formatted(image.name(), brief(image.digest()), brief(old.digest()))));
      }
    }
    return Optional.empty();
  }

  /** Of a digest as much as people compare. */
  private static String brief(String digest) {
    int end = digest.indexOf(':') + 1 + 12;
    return digest.length() <= end ? digest : digest.substring(0, end) + "…";
  }

  private Optional<Reason> definition(Step step, Step earlier) {
    if (step.operation() == earlier.operation()) {
      return Optional.empty();
    }
    Long command = step.facets().get(Facets.COMMAND);
    boolean sameCommand = Objects.equals(command, earlier.facets().get(Facets.COMMAND));
    if (!step.text().equals(earlier.text()) && (command == null || !sameCommand)) {
      return Optional.of(
          new Reason(
              Kind.COMMAND,
              "the command differs: `%s` was `%s`".formatted(step.text(), earlier.text())));
    }
    if (!sameCommand) {
      return Optional.of(new Reason(Kind.COMMAND, "the command differs"));
    }
    Set<String> names = new TreeSet<>(step.facets().keySet());
    names.addAll(earlier.facets().keySet());
    // What the step's own build was given explains more than what came with an image.
    return names.stream()
        .filter(name -> !Objects.equals(step.facets().get(name), earlier.facets().get(name)))
        .min(
            java.util.Comparator.comparing((String name) -> !arguments.contains(variable(name)))
                .thenComparing(name -> !name.startsWith(Facets.VARIABLE)))
        .map(name -> facet(name, step.facets(), earlier.facets()))
        .or(() ->
            Optional.of(
                new Reason(
                    Kind.DEFINITION,
                    step.facets().isEmpty()
                        ? "its paths or options differ once variables are replaced in them"
                        : "its options differ")));
  }

  private static String variable(String facet) {
    return facet.startsWith(Facets.VARIABLE) ? facet.substring(Facets.VARIABLE.length()) : "";
  }

  private Reason facet(String name, Map<String, Long> now, Map<String, Long> before) {
    String change =
        !before.containsKey(name) ? "is new" : !now.containsKey(name) ? "is gone" : "changed";
    if (!name.startsWith(Facets.VARIABLE)) {
      return new Reason(
          Kind.DEFINITION, "the step's " + name + " differ" + (name.endsWith("s") ? "" : "s"));
    }
    String variable = variable(name);
    return new Reason(
        Kind.VARIABLE,
        (arguments.contains(variable) ? "the build argument " : "the environment variable ")
            + variable
            + " "
            + change);
  }

  private Optional<Reason> files(int index, Step step, Step earlier) {
    for (int i = 0; i < Math.min(step.inputs().size(), earlier.inputs().size()); i++) {
      if (step.inputs().get(i) instanceof Input.Files files
          && earlier.inputs().get(i) instanceof Input.Files old
          && files.content() != old.content()) {
        String in = files.directory().equals("context") ? "" : " of " + files.directory();
        Optional<ContextTree> tree = made.tree(index, i);
        return Optional.of(
            new Reason(
                Kind.FILE,
                tree.map(now -> old.print().firstDifference(now.entries()))
                        .map(Reasons::sentence)
                        .orElse("the files that it reads differ")
                    + in));
      }
    }
    return Optional.empty();
  }

  private static String sentence(TreePrint.Difference difference) {
    return switch (difference) {
      case TreePrint.Difference.Changed(String path) -> "the file " + path + " changed";
      case TreePrint.Difference.Added(String path) -> path + " is new";
      case TreePrint.Difference.Removed(String directory) ->
          directory.isEmpty()
              ? "something was removed at the top"
              : "something was removed from " + directory + "/";
      case TreePrint.Difference.Attributes(String directory) ->
          "the mode or the owner of " + directory + "/ changed";
      case TreePrint.Difference.Below(String directory) ->
          "something in " + directory + "/ changed";
      case TreePrint.Difference.Unknown() -> "the files that it reads differ";
    };
  }

  private Optional<Reason> steps(Step step, Step earlier) {
    for (int i = 0; i < Math.max(step.inputs().size(), earlier.inputs().size()); i++) {
      Optional<Input> input = at(step, i);
      if (input.equals(at(earlier, i))) {
        continue;
      }
      if (input.isPresent() && input.get() instanceof Input.Result(int from, long key)) {
        boolean same =
            at(earlier, i)
                .filter(old -> old instanceof Input.Result(_, long was) && was == key)
                .isPresent();
        if (same) {
          continue;
        }
        return Optional.of(
            new Reason(
                Kind.EARLIER_STEP,
                from < 0
                    ? "an earlier step gave another result"
                    : "an earlier step gave another result: " + now.steps().get(from).label()));
      }
      if (input.isEmpty()
          || at(earlier, i).isEmpty()
          || input.get().getClass() != at(earlier, i).get().getClass()) {
        return Optional.of(new Reason(Kind.EARLIER_STEP, "it builds on something else"));
      }
    }
    return Optional.empty();
  }

  private static Optional<Input> at(Step step, int index) {
    return index < step.inputs().size() ? Optional.of(step.inputs().get(index)) : Optional.empty();
  }

  /** The inputs are those that there were, so what was known of them is gone. */
  private Reason same(Outcome outcome, Step earlier) {
    if (outcome == Outcome.LOST) {
      return lost(earlier.worker());
    }
    return earlier.finished()
        ? new Reason(Kind.FORGOTTEN, "its record was pruned or has expired")
        : new Reason(Kind.UNFINISHED, "it did not come to an end in the build before");
  }

  private Reason lost(String worker) {
    return new Reason(
        Kind.LAYERS_LOST,
        worker.isEmpty()
            ? "its layers are on no worker any more"
            : presentWorkers.contains(worker)
                ? "its layers were removed from the disk of " + worker
                : "its layers were lost with " + worker);
  }
}
