package dev.slipway.explain;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a build's keys were made of, small enough to be kept.
 *
 * @param identity hash over all keys: equal means that there is nothing to compare
 */
record Recipe(String buildId, Instant at, String trustDomain, long identity, List<Step> steps) {
  /** Of one step, as people are shown them. */
  private static final int MAX_INGREDIENTS = 8;

  /** Of one ingredient, in characters. */
  private static final int MAX_TEXT = 300;

  Recipe {
    steps = List.copyOf(steps);
  }

  /** The same without what is kept of clients' directories. */
  Recipe withoutPrints() {
    return new Recipe(
        buildId, at, trustDomain, identity, steps.stream().map(Step::withoutPrints).toList());
  }

  /** What the step's key was made of, in words, without the operation itself. */
  List<String> ingredients(Step step) {
    List<String> all = new ArrayList<>();
    for (Input input : step.inputs()) {
      all.add(
          switch (input) {
            case Input.Result(int from, _) ->
                from < 0 ? "an earlier step" : "the result of " + steps.get(from).label();
            case Input.Image(String name, String digest) -> "the image " + name + "@" + digest;
            case Input.Files(String directory, long content, _) ->
                "files of %s, %016x".formatted(directory, content);
          });
    }
    List<String> variables =
        step.facets().keySet().stream()
            .filter(facet -> facet.startsWith(Facets.VARIABLE))
            .map(facet -> facet.substring(Facets.VARIABLE.length()))
            .sorted()
            .toList();
    if (!variables.isEmpty()) {
      all.add("the variables " + String.join(", ", variables));
    }
    return all.stream()
        .limit(MAX_INGREDIENTS)
        .map(text -> text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…")
        .toList();
  }

  /**
   * A vertex that is no source.
   *
   * @param place where it stands: stage and number as clients show them, {@code build 2}; else its
   *     number in the graph, {@code #7}
   * @param text as its author wrote it, clipped: nothing in it is expanded
   * @param key hash of its cache key
   * @param operation hash of all that the operation itself says
   * @param facets hashes of parts of the operation, by what people call them
   * @param finished whether it had a result in the end
   * @param worker name of the one that made the result; empty = unknown
   */
  record Step(
      String place,
      String text,
      String platform,
      long key,
      long operation,
      Map<String, Long> facets,
      List<Input> inputs,
      boolean finished,
      String worker) {
    Step {
      facets = Map.copyOf(facets);
      inputs = List.copyOf(inputs);
    }

    Step made(boolean isFinished, String by) {
      return new Step(place, text, platform, key, operation, facets, inputs, isFinished, by);
    }

    private Step withoutPrints() {
      List<Input> bare =
          inputs.stream()
              .map(input ->
                  input instanceof Input.Files(String directory, long content, _)
                      ? new Input.Files(directory, content, TreePrint.NONE)
                      : input)
              .toList();
      return new Step(place, text, platform, key, operation, facets, bare, finished, worker);
    }

    /** As people are told of it. */
    String label() {
      return place.startsWith("#") ? text : "[" + place + "] " + text;
    }
  }

  /** What a step reads. */
  sealed interface Input {
    /** Another step's result: its index in the recipe, and the hash of its key. */
    record Result(int step, long key) implements Input {}

    /** An image: its name without digest, and its digest. */
    record Image(String name, String digest) implements Input {}

    /** Files of a client's directory: its name, the hash of what is read of it, and its print. */
    record Files(String directory, long content, TreePrint print) implements Input {}
  }
}
