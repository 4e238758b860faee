package dev.slipway.web;

import dev.slipway.config.QueueSettings;
import dev.slipway.schedule.SchedulerStats;
import dev.slipway.web.access.Viewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.TreeMap;

/** The queue as JSON; docs/http.md names the fields. */
final class QueueJson {
  private QueueJson() {}

  static JsonObject of(SchedulerStats stats, QueueSettings limits, Viewer viewer) {
    JsonArray tenants = new JsonArray();
    new TreeMap<>(stats.backlog().tenants())
        .forEach((name, share) -> {
          if (viewer.sees(name)) {
            JsonObject tenant =
                new JsonObject()
                    .put("tenant", name)
                    .put("waiting", share.waiting())
                    .put("running", share.running());
            bound(tenant, "maxWaiting", limits.limits(name).maxWaiting());
            bound(tenant, "maxRunning", limits.limits(name).maxRunning());
            tenants.add(tenant);
          }
        });
    JsonObject platforms = new JsonObject();
    stats
        .backlog()
        .byPlatform()
        .forEach((platform, waiting) -> platforms.put(platform.id(), waiting));
    return new JsonObject()
        .put("waiting", stats.waiting())
        .put("running", stats.running())
        .put("slots", stats.slots())
        .put("oldestSeconds", stats.backlog().oldest().toMillis() / 1e3)
        .put("maxWaiting", limits.maxWaiting())
        .put("byPlatform", platforms)
        .put("tenants", tenants);
  }

  private static void bound(JsonObject json, String name, int limit) {
    if (limit != Integer.MAX_VALUE) {
      json.put(name, limit);
    }
  }
}
