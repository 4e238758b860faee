package dev.slipway.solve;

import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.StepObserver;
import dev.slipway.graph.Definition;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** What a solver works with, its farm faked. */
final class TestParts {
  private TestParts() {}

  static SolveParts of(FakeFarm farm) {
    return of(farm, TestLeases.mounts());
  }

  static SolveParts of(FakeFarm farm, FarmMounts mounts) {
    return of(farm, mounts, new OneImage());
  }

  static SolveParts of(FakeFarm farm, FarmMounts mounts, ImageLookup images) {
    Meters meters = new Meters(new SimpleMeterRegistry());
    Sources sources =
        new Sources(
            (_, id, _) -> {
              throw new SlipwayException(ErrorKind.UNAVAILABLE, "no active session for " + id);
            },
            images,
            farm,
            meters,
            Clock.systemUTC());
    LayerReferences references =
        new FarmLayerReferences(farm, farm, images, sources, () -> "http://127.0.0.1:1");
    return new SolveParts(
        farm,
        farm,
        farm,
        sources,
        references,
        new NoTrees(),
        mounts,
        BuildReport.NONE,
        StepObserver.NONE,
        (_, _) -> {},
        meters,
        Duration.ofHours(6),
        Clock.systemUTC());
  }

  static SolvedResult solve(FarmSolver solver, String buildId, Definition definition)
      throws SlipwayException, InterruptedException {
    return solver
        .solve(new BuildContext(buildId, "", Rights.of(""), Progress.NONE), List.of(definition))
        .getFirst();
  }

  /** Solves beside the test. */
  static CompletableFuture<SolvedResult> solving(
      FarmSolver solver, String buildId, Definition definition) {
    CompletableFuture<SolvedResult> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(solve(solver, buildId, definition));
          } catch (SlipwayException | InterruptedException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  static class OneImage implements ImageLookup {
    @Override
    public Digest digest(ImageReference reference, Platform platform, Authenticator authenticator)
        throws SlipwayException {
      return Digest.ofText(reference.toString());
    }

    @Override
    public List<LayerRecord> layers(
        ImageReference reference, Platform platform, Authenticator authenticator) {
      return List.of(
          new LayerRecord(
              "chain:base",
              1,
              Optional.empty(),
              Optional.of(new LayerRecord.Origin(reference.name())),
              Set.of()));
    }

    @Override
    public List<BlobSource> pullSources(
        String repository, Digest blob, Authenticator authenticator) {
      return List.of();
    }
  }

  private static final class NoTrees implements PublishedTrees {
    @Override
    public void keep(String buildId, ContextTree tree) {}

    @Override
    public void publish(String buildId, ContextTree tree) {}

    @Override
    public void release(String buildId) {}
  }
}
