package dev.slipway.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.explain.Recipe.Input;
import dev.slipway.explain.Recipe.Step;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SizesTest {
  /** The same each time. */
  private final Random random = new Random(7);

  private Recipe recipe(int steps, int variables, int prints) {
    List<Step> all = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      Map<String, Long> facets = new HashMap<>();
      for (int variable = 0; variable < variables; variable++) {
        facets.put("$V" + variable, random.nextLong());
      }
      TreePrint print = new TreePrint(1, random.longs(prints).sorted().toArray());
      all.add(
          new Step(
              "" + i,
              "RUN " + random.nextLong(),
              "linux/amd64",
              random.nextLong(),
              random.nextLong(),
              facets,
              List.of(new Input.Files("context", random.nextLong(), print)),
              true,
              "worker-1"));
    }
    return new Recipe("build", Instant.EPOCH, "", random.nextLong(), all);
  }

  private static int bytes(List<Recipe> recipes) {
    return RecipeCodec.RECIPES.encode(recipes).length;
  }

  @Test
  void keepsWhatFitsAsItIs() {
    List<Recipe> recipes = List.of(recipe(20, 10, 100), recipe(20, 10, 100));

    assertThat(Sizes.fit(recipes)).isEqualTo(recipes);
  }

  @Test
  void keepsTheNewestWhenThereIsNoRoomForAll() {
    List<Recipe> recipes = List.of(recipe(2, 1, 4000), recipe(2, 1, 4000), recipe(2, 1, 4000));

    assertThat(Sizes.fit(recipes)).isEqualTo(recipes.subList(0, 2));
  }

  @Test
  void keepsLessOfARecipeThatIsTooLargeAlone() {
    List<Recipe> files = Sizes.fit(List.of(recipe(20, 1, 4000)));
    List<Recipe> steps = Sizes.fit(List.of(recipe(500, 64, 0)));

    assertThat(files.getFirst().steps()).hasSize(20);
    assertThat(steps.getFirst().steps()).hasSize(125);
    assertThat(bytes(files)).isLessThan(Sizes.MAX_RECIPES);
    assertThat(bytes(steps)).isLessThan(Sizes.MAX_RECIPES);
  }

  @Test
  void keepsTheFirstStepsOfAnExplanationThatIsTooLarge() {
    List<Explanation.Step> steps = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String text = Long.toHexString(random.nextLong()) + random.nextLong();
      steps.add(
          new Explanation.Step(
              text.repeat(8) + i,
              text,
              Outcome.MISSED,
              "w",
              new Reason(
                  Reason.Kind.FILE,
                  random.longs(20).mapToObj(Long::toHexString).toList().toString())));
    }

    Explanation fitting = Sizes.fit(new Explanation("b", "", Optional.empty(), 0, steps));

    assertThat(fitting.steps()).isNotEmpty().hasSizeLessThan(500);
    assertThat(RecipeCodec.EXPLANATION.encode(fitting).length)
        .isLessThanOrEqualTo(Sizes.MAX_EXPLANATION);
  }
}
