package dev.slipway.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.explain.Reason.Kind;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class ExplanationsTest {
  private static Cluster cluster;

  private final Set<String> workers =
      new java.util.concurrent.CopyOnWriteArraySet<>(Set.of("worker-1"));
  private final Explanations explanations =
      new Explanations(cluster, "secret", () -> workers, Clock.systemUTC());
  private Subject subject;
  private int builds;

  @BeforeAll
  static void start() throws Exception {
    cluster = Cluster.start(ClusterConfig.alone());
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** Builds of one test are compared with each other only. */
  @org.junit.jupiter.api.BeforeEach
  void name(TestInfo test) {
    subject = new Subject(test.getDisplayName(), "Dockerfile", Set.of("VERSION"));
  }

  @AfterEach
  void close() {
    explanations.close();
  }

  @Test
  void saysThatNothingOfTheKindWasBuiltBefore() {
    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"))))
        .containsExactly(new Reason(Kind.FIRST_BUILD, "no earlier build of this is remembered"));
  }

  @Test
  void namesTheFileThatChanged() {
    build(new Kitchen().from("go:1", "d").copy("src/app.js=1", "readme=1").run("make"));

    assertThat(
            reasons(
                build(
                    new Kitchen().from("go:1", "d").copy("src/app.js=2", "readme=1").run("make"))))
        .containsExactly(
            new Reason(Kind.FILE, "the file src/app.js changed"),
            new Reason(Kind.EARLIER_STEP, "an earlier step gave another result: [2] COPY . /src"));
  }

  @Test
  void showsTheCommandAsItIsAndWas() {
    build(new Kitchen().from("go:1", "d").run("make -j2"));

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"))))
        .containsExactly(
            new Reason(Kind.COMMAND, "the command differs: `RUN make` was `RUN make -j2`"));
  }

  @Test
  void showsTheBaseImageAsItIsAndWas() {
    build(new Kitchen().from("go:1", "old").run("make"));

    assertThat(reasons(build(new Kitchen().from("go:1", "new").run("make"))))
        .containsExactly(
            new Reason(
                Kind.BASE_IMAGE,
                "the image go:1 is now %s… (was %s…)"
                    .formatted(
                        Digest.ofText("new").value().substring(0, 19),
                        Digest.ofText("old").value().substring(0, 19))));
    assertThat(reasons(build(new Kitchen().from("go:2", "new").run("make"))))
        .containsExactly(new Reason(Kind.BASE_IMAGE, "the image is now go:2 (was go:1)"));
  }

  @Test
  void namesTheVariableThatChangedAndNotItsValue() {
    build(new Kitchen().from("go:1", "d").run("make", "PATH=/bin", "VERSION=s3cret-old"));

    Explanation argument =
        build(new Kitchen().from("go:1", "d").run("make", "PATH=/bin", "VERSION=s3cret-new"));
    Explanation variable =
        build(new Kitchen().from("go:1", "d").run("make", "PATH=/sbin", "VERSION=s3cret-new"));

    assertThat(reasons(argument))
        .containsExactly(new Reason(Kind.VARIABLE, "the build argument VERSION changed"));
    assertThat(reasons(variable))
        .containsExactly(new Reason(Kind.VARIABLE, "the environment variable PATH changed"));
  }

  @Test
  void keepsNoValueInWhatItRemembers() {
    Kitchen kitchen = new Kitchen().from("go:1", "d").run("make", "VERSION=s3cret");
    RecipeMaker maker = new RecipeMaker("key".getBytes(StandardCharsets.UTF_8));
    maker.add(kitchen.ingredients());

    Recipe recipe = maker.recipe("build", Instant.EPOCH);

    assertThat(recipe.toString()).contains("RUN make", "$VERSION").doesNotContain("s3cret");
    assertThat(RecipeCodec.RECIPES.decode(RecipeCodec.RECIPES.encode(List.of(recipe))))
        .containsExactly(recipe);
  }

  @Test
  void tellsANewStepFromThoseAfterIt() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("apt").run("make"))))
        .containsExactly(
            new Reason(Kind.NEW_STEP, "the step is new"),
            new Reason(Kind.EARLIER_STEP, "an earlier step gave another result: [2] RUN apt"));
  }

  @Test
  void saysThatThePlatformIsNew() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen(Platform.LINUX_ARM64).from("go:1", "d").run("make"))))
        .containsExactly(
            new Reason(
                Kind.NEW_PLATFORM, "the platform linux/arm64 is new (was built for linux/amd64)"));
  }

  @Test
  void saysWhichWorkerTheLayersWereLostWith() {
    build(new Kitchen().from("go:1", "d").run("make"));
    workers.clear();

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"), Outcome.LOST)))
        .containsExactly(new Reason(Kind.LAYERS_LOST, "its layers were lost with worker-1"));
  }

  @Test
  void saysThatAWorkerMadeRoom() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"), Outcome.LOST)))
        .containsExactly(
            new Reason(Kind.LAYERS_LOST, "its layers were removed from the disk of worker-1"));
  }

  @Test
  void saysThatTheRecordIsGone() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"))))
        .containsExactly(new Reason(Kind.FORGOTTEN, "its record was pruned or has expired"));
  }

  @Test
  void saysThatTheStepNeverCameToAnEnd() {
    Kitchen kitchen = new Kitchen().from("go:1", "d").run("make");
    String failed = "failed-" + subject.project();
    explanations.begin(failed, subject);
    explanations.keyed(failed, kitchen.ingredients());
    explanations.outcome(failed, kitchen.step(2), Outcome.MISSED);
    ended(failed);

    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"))))
        .containsExactly(
            new Reason(Kind.UNFINISHED, "it did not come to an end in the build before"));
  }

  @Test
  void saysThatTheCacheWasNotToBeUsed() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen().from("go:1", "d").fresh().run("make"), Outcome.FRESH)))
        .containsExactly(
            new Reason(Kind.NO_CACHE, "it was told not to use the cache (--no-cache)"));
  }

  @Test
  void saysThatTheTrustDomainIsAnother() {
    build(new Kitchen().from("go:1", "d").run("make"));

    assertThat(reasons(build(new Kitchen().domain("team-a").from("go:1", "d").run("make"))))
        .containsExactly(
            new Reason(
                Kind.TRUST_DOMAIN,
                "the trust domain is now team-a (was the default one): domains share no results"));
  }

  @Test
  void saysThatAnotherBuildMadeTheStepAtThatMoment() {
    assertThat(reasons(build(new Kitchen().from("go:1", "d").run("make"), Outcome.SHARED)))
        .containsExactly(new Reason(Kind.SHARED, "another build was making it at that moment"));
  }

  @Test
  void comparesWithTheBranchThatIsNearestNotWithTheLastBuild() {
    build(new Kitchen().from("go:1", "d").run("a").run("b").run("c"));
    build(new Kitchen().from("go:9", "e").run("x").run("y").run("z"));

    assertThat(
            reasons(build(new Kitchen().from("go:1", "d").run("a").run("b").run("c2"))).getLast())
        .isEqualTo(new Reason(Kind.COMMAND, "the command differs: `RUN c2` was `RUN c`"));
  }

  @Test
  void remembersWhatTheKeyOfALayerWasMadeOf() {
    Kitchen kitchen = new Kitchen().from("go:1", "d").run("make", "VERSION=s3cret");
    String layer = "snap:" + kitchen.step(2);

    Explanation build = build(kitchen);

    Provenance found = explanations.provenance(List.of(layer)).get(layer);
    assertThat(found.tenant()).isEqualTo("tenant");
    assertThat(found.build()).isEqualTo(build.buildId());
    assertThat(found.step()).isEqualTo("[2] RUN make");
    assertThat(found.worker()).isEqualTo("worker-1");
    assertThat(found.ingredients())
        .containsExactly("the image go:1@" + Digest.ofText("d").value(), "the variables VERSION");
  }

  @Test
  void answersWhileTheBuildRuns() {
    Kitchen kitchen = new Kitchen().from("go:1", "d").run("make");
    explanations.begin("running", subject);
    explanations.keyed("running", kitchen.ingredients());
    explanations.outcome("running", kitchen.step(2), Outcome.MISSED);

    assertThat(explanations.of("running").orElseThrow().steps()).hasSize(1);
    ended("running");
  }

  private static List<Reason> reasons(Explanation explanation) {
    return explanation.steps().stream().map(Explanation.Step::reason).toList();
  }

  private Explanation build(Kitchen kitchen) {
    return build(kitchen, Outcome.MISSED);
  }

  /** A build in which every step ran on worker-1. */
  private Explanation build(Kitchen kitchen, Outcome outcome) {
    String id = subject.project() + builds++;
    explanations.begin(id, subject);
    explanations.keyed(id, kitchen.ingredients());
    for (Digest step : new ArrayList<>(kitchen.steps())) {
      explanations.outcome(id, step, outcome);
      explanations.made(id, step, "worker-1", List.of("snap:" + step));
    }
    return ended(id);
  }

  private Explanation ended(String id) {
    explanations.end(id);
    await().until(() -> !explanations.isRunning(id));
    return explanations.of(id).orElseThrow();
  }
}
