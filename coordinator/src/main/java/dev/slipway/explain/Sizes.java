package dev.slipway.explain;

import java.util.ArrayList;
import java.util.List;

/** Keeps what one build leaves in the cluster's maps small, however large it is. */
final class Sizes {
  /** Of what is remembered of one subject, in bytes as they are kept. */
  static final int MAX_RECIPES = 128 << 10;

  /** Of one explanation. */
  static final int MAX_EXPLANATION = 32 << 10;

  private Sizes() {}

  /**
   * As many of the recipes as fit, the first ones; of the very first alone, if need be, without
   * what it says of directories, or without its last steps.
   */
  static List<Recipe> fit(List<Recipe> recipes) {
    List<Recipe> fitting = new ArrayList<>(recipes);
    while (fitting.size() > 1 && RecipeCodec.RECIPES.encode(fitting).length > MAX_RECIPES) {
      fitting.removeLast();
    }
    Recipe first = fitting.getFirst();
    if (fitting.size() == 1 && RecipeCodec.RECIPES.encode(fitting).length > MAX_RECIPES) {
      first = first.withoutPrints();
    }
    while (!first.steps().isEmpty()
        && RecipeCodec.RECIPES.encode(List.of(first)).length > MAX_RECIPES) {
      first =
          new Recipe(
              first.buildId(),
              first.at(),
              first.trustDomain(),
              first.identity(),
              first.steps().subList(0, first.steps().size() / 2));
    }
    fitting.set(0, first);
    return fitting;
  }

  /** The explanation, of as many steps as fit. */
  static Explanation fit(Explanation explanation) {
    Explanation fitting = explanation;
    while (!fitting.steps().isEmpty()
        && RecipeCodec.EXPLANATION.encode(fitting).length > MAX_EXPLANATION) {
      fitting =
          new Explanation(
              fitting.buildId(),
              fitting.tenant(),
              fitting.compared(),
              fitting.cached(),
              fitting.steps().subList(0, fitting.steps().size() / 2));
    }
    return fitting;
  }
}
