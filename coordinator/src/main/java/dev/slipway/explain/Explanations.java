package dev.slipway.explain;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import dev.slipway.oci.Digest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What builds are told of their cache. While a build runs, what it is made of is kept here by
 * reference; once it is over, a thread of this class compares it with earlier recipes, writes the
 * explanation and the recipe into the cluster's maps and forgets the rest. @ThreadSafe
 */
public final class Explanations implements StepObserver, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Explanations.class);

  /** Recipes of one subject: branches take turns. */
  private static final int MAX_RECIPES = 3;

  /**
   * Recipes that this process knows to be written, so that a build that is all cached costs
   * nothing.
   */
  private static final int MAX_WRITTEN = 2000;

  private final ClusterMap<List<Recipe>> recipes;
  private final ClusterMap<Explanation> explanations;
  private final ClusterMap<Provenance> provenance;
  private final byte[] key;
  private final Supplier<Set<String>> workers;
  private final Clock clock;
  private final Map<String, Observed> running = new ConcurrentHashMap<>();
  private final Set<String> written =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > MAX_WRITTEN;
                }
              }));

  /** One at a time: nobody waits for it. */
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("explanations").factory());

  /**
   * @param secret known to the farm's coordinators only: values are hashed with it
   * @param workers names of the workers in the farm
   */
  public Explanations(Cluster cluster, String secret, Supplier<Set<String>> workers, Clock clock) {
    this.recipes = cluster.map(MapNames.RECIPES, RecipeCodec.RECIPES);
    this.explanations = cluster.map(MapNames.EXPLANATIONS, RecipeCodec.EXPLANATION);
    this.provenance = cluster.map(MapNames.PROVENANCE, RecipeCodec.PROVENANCE);
    this.key =
        Digest.ofText("slipway.explain.1:" + secret)
            .value()
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    this.workers = workers;
    this.clock = clock;
  }

  /** A build starts; what is not begun is observed without a subject. */
  public void begin(String buildId, Subject subject) {
    running.put(buildId, new Observed(subject));
  }

  @Override
  public void keyed(String buildId, Ingredients ingredients) {
    running.computeIfAbsent(buildId, _ -> new Observed(Subject.UNKNOWN)).add(ingredients);
  }

  @Override
  public void outcome(String buildId, Digest vertex, Outcome outcome) {
    Observed build = running.get(buildId);
    if (build != null) {
      build.outcome(vertex, outcome);
    }
  }

  @Override
  public void made(String buildId, Digest vertex, String worker, List<String> layers) {
    Observed build = running.get(buildId);
    if (build != null) {
      build.made(vertex, worker, layers);
    }
  }

  @Override
  public void shared(String buildId, Digest vertex) {
    Observed build = running.get(buildId);
    if (build != null) {
      build.made(vertex, "", List.of());
    }
  }

  @Override
  public void end(String buildId) {
    Observed build = running.get(buildId);
    if (build == null) {
      return;
    }
    if (build.isEmpty() || (build.isAllCached() && written.contains(build.fingerprint()))) {
      running.remove(buildId, build);
      return;
    }
    writer.execute(() -> write(buildId, build));
  }

  /**
   * Why the build's steps were not cached, as far as it has come; empty = nothing is known of it.
   */
  public Optional<Explanation> of(String buildId) {
    Observed build = running.get(buildId);
    if (build == null || build.isEmpty()) {
      return explanations.get(buildId);
    }
    Observed.Account account = build.account(buildId, key, clock.instant());
    return Optional.of(account.explain(earlier(account), workers.get()));
  }

  /** Where the layers come from, those of which it is known. */
  public Map<String, Provenance> provenance(Collection<String> layerIds) {
    return provenance.getAll(layerIds);
  }

  /** Whether the build is still observed, or being written down. */
  boolean isRunning(String buildId) {
    return running.containsKey(buildId);
  }

  private List<Recipe> earlier(Observed.Account account) {
    return recipes.get(account.slot()).orElse(List.of());
  }

  private void write(String buildId, Observed build) {
    try {
      Observed.Account account = build.account(buildId, key, clock.instant());
      List<Recipe> earlier = earlier(account);
      explanations.set(buildId, Sizes.fit(account.explain(earlier, workers.get())));
      List<Recipe> kept = new ArrayList<>(List.of(account.remembered(earlier)));
      earlier.stream()
          .filter(recipe -> recipe.identity() != kept.getFirst().identity())
          .limit(MAX_RECIPES - 1L)
          .forEach(kept::add);
      recipes.set(account.slot(), Sizes.fit(kept));
      provenance.setAll(account.provenance());
      written.add(build.fingerprint());
    } catch (RuntimeException e) {
      log.atWarn()
          .addKeyValue("build", buildId)
          .setCause(e)
          .log("why the build was not cached is not remembered");
    } finally {
      running.remove(buildId, build);
    }
  }

  @Override
  public void close() {
    writer.close();
  }
}
