package dev.slipway.explain;

import dev.slipway.context.ContextTree;
import dev.slipway.explain.Recipe.Input;
import dev.slipway.explain.Recipe.Step;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.CanonicalOp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the recipe of a build down, and remembers which vertex each of its steps is and which
 * trees it reads, as long as the build is there. Not thread-safe.
 */
final class RecipeMaker {
  /** Steps of one recipe; those after it are not remembered. */
  static final int MAX_STEPS = 500;

  /** Entries of all prints of one recipe. */
  private static final int MAX_PRINTS = 2 * TreePrint.MAX_ENTRIES;

  private final Hashes hashes;
  private final Map<Digest, Integer> indexes = new HashMap<>();
  private final Map<Digest, TreePrint> prints = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Vertex> vertices = new ArrayList<>();
  private final Map<Integer, Map<Integer, ContextTree>> trees = new HashMap<>();
  private String trustDomain = "";
  private long identity;
  private int printed;

  RecipeMaker(byte[] key) {
    this.hashes = new Hashes(key);
  }

  /** Adds the steps of a graph; those that are there already stay as they are. */
  void add(Ingredients ingredients) {
    trustDomain = ingredients.trustDomain();
    for (Vertex vertex : ingredients.graph().inOrder()) {
      boolean source = vertex.op() instanceof Op.Source;
      if (source || indexes.containsKey(vertex.digest()) || steps.size() == MAX_STEPS) {
        continue;
      }
      int index = steps.size();
      long key = Hashes.plain(ingredients.keys().get(vertex.digest()));
      String place = StepText.place(vertex);
      steps.add(
          new Step(
              place.isEmpty() ? "#" + (index + 1) : place,
              StepText.of(vertex, ingredients.graph().sources(vertex.digest())),
              vertex.platform().map(Platform::id).orElse(""),
              key,
              hashes.keyed(CanonicalOp.of(vertex.bytes())),
              Facets.of(vertex.op(), hashes),
              inputs(ingredients, vertex, index),
              false,
              ""));
      vertices.add(vertex);
      indexes.put(vertex.digest(), index);
      identity = Hashes.mix(identity, key);
    }
  }

  boolean isEmpty() {
    return steps.isEmpty();
  }

  Recipe recipe(String buildId, Instant at) {
    return new Recipe(buildId, at, trustDomain, identity, steps);
  }

  Vertex vertex(int step) {
    return vertices.get(step);
  }

  /** The tree that the step reads through that input of its. */
  Optional<ContextTree> tree(int step, int input) {
    return Optional.ofNullable(trees.getOrDefault(step, Map.of()).get(input));
  }

  private List<Input> inputs(Ingredients ingredients, Vertex vertex, int step) {
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < vertex.inputs().size(); i++) {
      Edge edge = vertex.inputs().get(i);
      Vertex from = ingredients.graph().vertex(edge.vertex());
      Optional<ContextTree> tree = ingredients.selections().of(vertex.digest(), i);
      if (tree.isPresent()) {
        trees.computeIfAbsent(step, _ -> new HashMap<>()).put(inputs.size(), tree.get());
        inputs.add(files(from, tree.get()));
      } else if (from.op() instanceof Op.Source source) {
        Digest root = ingredients.images().get(edge.vertex());
        inputs.add(new Input.Image(nameOf(source.locator()), root == null ? "" : root.value()));
      } else {
        inputs.add(
            new Input.Result(
                indexes.getOrDefault(edge.vertex(), -1),
                Hashes.plain(ingredients.keys().get(edge.vertex()))));
      }
    }
    return inputs;
  }

  private Input files(Vertex source, ContextTree tree) {
    Digest content = tree.contentDigest();
    TreePrint print = prints.computeIfAbsent(content, _ -> print(tree));
    return new Input.Files(
        ((Op.Source) source.op()).locator(), Hashes.plain(content.value()), print);
  }

  private TreePrint print(ContextTree tree) {
    TreePrint print = TreePrint.of(tree.entries());
    if (printed + print.entries().length > MAX_PRINTS) {
      return TreePrint.NONE;
    }
    printed += print.entries().length;
    return print;
  }

  /** The reference without its digest, short as people write it. */
  private static String nameOf(String reference) {
    int at = reference.indexOf('@');
    String name = at < 0 ? reference : reference.substring(0, at);
    return name.startsWith("docker.io/library/")
        ? name.substring("docker.io/library/".length())
        : name.startsWith("docker.io/") ? name.substring("docker.io/".length()) : name;
  }
}
