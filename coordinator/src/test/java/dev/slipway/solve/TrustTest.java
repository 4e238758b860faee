package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.config.AccessSettings.Role;
import dev.slipway.config.FarmConfig;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Rights;
import dev.slipway.identity.Tenants;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.Progress;
import dev.slipway.registry.Authenticator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose results a build takes, and who takes its own. */
@Timeout(20)
class TrustTest {
  private final FakeFarm farm = new FakeFarm();
  private final PrivateImages images = new PrivateImages();
  private final FarmSolver solver =
      new FarmSolver(
          TestParts.of(farm, TestLeases.mounts(), images), TestLeases.alone(), TestLeases.nobody());
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");
  private final Definition twoSteps = graphs.definition(graphs.run("two", graphs.run("one", base)));
  private int builds;

  @Test
  void tenantsDoNotSeeEachOthersResults() throws Exception {
    solve(builder("team-a"), twoSteps);

    solve(builder("team-b"), twoSteps);

    assertThat(farm.ran).containsExactly("one", "two", "one", "two");
  }

  @Test
  void tenantsOfOneTrustDomainShareResults() throws Exception {
    Tenants tenants =
        tenants(
            """
            [tenant.team-a]
            trust-domain = "platform"
            [tenant.team-b]
            trust-domain = "platform"
            """);
    solve(tenants.rights(principal("one", "team-a", Role.BUILDER)), twoSteps);

    solve(tenants.rights(principal("two", "team-b", Role.BUILDER)), twoSteps);

    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void aTenantCalledAsATrustDomainIsNotInIt() throws Exception {
    Tenants tenants = tenants("[tenant.team-a]\ntrust-domain = \"platform\"\n");
    solve(tenants.rights(principal("one", "team-a", Role.BUILDER)), twoSteps);

    solve(tenants.rights(principal("two", "platform", Role.BUILDER)), twoSteps);

    assertThat(farm.ran).hasSize(4);
  }

  @Test
  void aForkTakesWhatItsTenantBuilt() throws Exception {
    solve(builder("team-a"), twoSteps);

    solve(fork("pull-7"), twoSteps);

    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void nobodyTakesWhatAForkBuiltButTheForkItself() throws Exception {
    solve(fork("pull-7"), twoSteps);

    solve(fork("pull-7"), twoSteps);
    assertThat(farm.ran).hasSize(2);

    solve(fork("pull-8"), twoSteps);
    assertThat(farm.ran).hasSize(4);

    solve(builder("team-a"), twoSteps);
    assertThat(farm.ran).hasSize(6);
  }

  @Test
  void aForkBuildsItsOwnStepsOnWhatItsTenantBuilt() throws Exception {
    Vertex one = graphs.run("one", base);
    solve(builder("team-a"), graphs.definition(one));

    solve(fork("pull-7"), graphs.definition(graphs.run("evil", one)));
    solve(builder("team-a"), graphs.definition(graphs.run("evil", one)));

    assertThat(farm.ran).containsExactly("one", "evil", "evil");
  }

  @Test
  void nobodyWaitsForAStepThatAForkRuns() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    CompletableFuture<SolvedResult> ofFork = solving(fork("pull-7"), twoSteps);
    CompletableFuture<SolvedResult> ofTenant = solving(builder("team-a"), twoSteps);
    await().untilAsserted(() -> assertThat(farm.stages).hasSize(2));
    gate.countDown();

    ofFork.get();
    ofTenant.get();
    assertThat(farm.ran).containsExactlyInAnyOrder("one", "one", "two", "two");
  }

  @Test
  void aPinnedImageIsUsedByThoseWhoMayPullItThoughItsStepsAreCached() throws Exception {
    solve(builder("team-a"), twoSteps);
    images.denied = true;

    assertThatThrownBy(() -> solve(builder("team-a"), twoSteps))
        .hasMessageContaining("pull access denied");
    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void imagesComeFromWhereTheTenantMayPull() throws Exception {
    Tenants tenants =
        tenants(
            """
            [tenant.team-a]
            pull = ["docker.io/library/busy*"]
            [tenant.team-b]
            pull = ["registry.test/*", "other.test/team-b"]
            """);
    solve(tenants.rights(principal("one", "team-a", Role.BUILDER)), twoSteps);

    Rights other = tenants.rights(principal("two", "team-b", Role.BUILDER));
    assertThatThrownBy(() -> solve(other, twoSteps))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED))
        .hasMessageContaining(
            "pull from docker.io/library/busybox is not allowed for tenant \"team-b\":"
                + " allowed are registry.test/*, other.test/team-b");
  }

  private static Rights builder(String tenant) {
    return Tenants.NONE.rights(principal("ci of " + tenant, tenant, Role.BUILDER));
  }

  private static Rights fork(String name) {
    return Tenants.NONE.rights(principal(name, "team-a", Role.READ_ONLY_CACHE));
  }

  private static Principal principal(String name, String tenant, Role role) {
    return new Principal(name, tenant, List.of(), role);
  }

  private static Tenants tenants(String toml) throws SlipwayException {
    return Tenants.of(FarmConfig.parse(toml, "test.toml").tenants(), List.of());
  }

  private SolvedResult solve(Rights rights, Definition definition)
      throws SlipwayException, InterruptedException {
    BuildContext build = new BuildContext("build-" + ++builds, "", rights, Progress.NONE);
    return solver.solve(build, List.of(definition)).getFirst();
  }

  private CompletableFuture<SolvedResult> solving(Rights rights, Definition definition) {
    BuildContext build = new BuildContext("build-" + ++builds, "", rights, Progress.NONE);
    CompletableFuture<SolvedResult> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(solver.solve(build, List.of(definition)).getFirst());
          } catch (SlipwayException | InterruptedException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** A registry that may come to deny. */
  private static final class PrivateImages extends TestParts.OneImage {
    volatile boolean denied;

    @Override
    public Digest digest(ImageReference reference, Platform platform, Authenticator authenticator)
        throws SlipwayException {
      if (denied) {
        throw new SlipwayException(ErrorKind.DENIED, reference + ": pull access denied");
      }
      return reference.digest().isPresent()
          ? reference.digest().get()
          : super.digest(reference, platform, authenticator);
    }
  }
}
