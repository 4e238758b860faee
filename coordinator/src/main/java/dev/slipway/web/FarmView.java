package dev.slipway.web;

import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.Platform;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.BuildSummary;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** The farm as JSON; docs/http.md names the fields. */
final class FarmView {
  private FarmView() {}

  static JsonObject workers(Fleet fleet) {
    JsonArray list = new JsonArray();
    for (WorkerNode worker : fleet.workers()) {
      JsonObject labels = new JsonObject();
      worker.labels().forEach(labels::put);
      JsonObject json =
          new JsonObject()
              .put("id", worker.id())
              .put("name", worker.labels().getOrDefault("dev.slipway.worker.name", worker.id()))
              .put("version", worker.version())
              .put("platforms", ids(worker.nativePlatforms()))
              .put("emulatedPlatforms", ids(worker.emulatedPlatforms()))
              .put("slots", worker.slots())
              .put("joinedAt", worker.joinedAt().toString())
              .put("labels", labels);
      fleet
          .status(worker.id())
          .ifPresent(status ->
              json.put("runningStages", status.runningStages())
                  .put("freeBytes", status.freeBytes())
                  .put("draining", status.draining()));
      list.add(json);
    }
    return new JsonObject().put("workers", list);
  }

  static JsonObject builds(List<BuildSummary> builds, Instant now) {
    JsonArray list = new JsonArray();
    builds.forEach(build -> list.add(build(build, now)));
    return new JsonObject().put("builds", list);
  }

  static JsonObject build(BuildSummary build, Instant now) {
    JsonArray steps = new JsonArray();
    for (BuildReport.Step step : build.steps()) {
      steps.add(
          new JsonObject()
              .put("vertex", step.vertex().value())
              .put("name", step.name())
              .put("worker", step.worker())
              .put("cached", step.cached())
              .put("seconds", seconds(step.cost())));
    }
    JsonObject json =
        new JsonObject()
            .put("id", build.id())
            .put("name", build.name())
            .put("tenant", build.tenant())
            .put("state", build.state().name().toLowerCase(Locale.ROOT))
            .put("startedAt", build.startedAt().toString())
            .put(
                "seconds",
                seconds(Duration.between(build.startedAt(), build.completedAt().orElse(now))))
            .put("cachedSteps", build.steps().stream().filter(BuildReport.Step::cached).count())
            .put(
                "movedBytes",
                new JsonObject()
                    .put("peers", build.moved().peers())
                    .put("registries", build.moved().registries())
                    .put("coordinator", build.moved().coordinator()))
            .put("steps", steps);
    build.completedAt().ifPresent(at -> json.put("completedAt", at.toString()));
    build.error().ifPresent(error -> json.put("error", error));
    return json;
  }

  private static JsonArray ids(List<Platform> platforms) {
    JsonArray ids = new JsonArray();
    platforms.forEach(platform -> ids.add(platform.id()));
    return ids;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
