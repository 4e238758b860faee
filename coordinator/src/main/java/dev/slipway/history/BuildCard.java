package dev.slipway.history;

import dev.slipway.progress.BuildReport;
import dev.slipway.progress.BuildSummary;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What the whole farm remembers of a build.
 *
 * @param id the client's ref
 * @param error why it failed, its beginning; empty when it did not
 * @param steps finished ones
 * @param cached those of them that nothing ran for
 * @param coordinator member id of the coordinator that has it
 * @param address {@code host:port} of that coordinator's page
 */
public record BuildCard(
    String id,
    String name,
    String tenant,
    BuildSummary.State state,
    Instant startedAt,
    Optional<Instant> completedAt,
    String error,
    int steps,
    int cached,
    String coordinator,
    String address) {
  /** Characters of a text that a card keeps: enough for a line of a list. */
  private static final int MAX_TEXT = 300;

  public BuildCard {
    id = clip(id);
    name = clip(name);
    tenant = clip(tenant);
    error = clip(error);
    startedAt = startedAt.truncatedTo(ChronoUnit.MILLIS); // as it comes back from the map
    completedAt = completedAt.map(at -> at.truncatedTo(ChronoUnit.MILLIS));
  }

  /** Of a build of that coordinator. */
  public static BuildCard of(BuildSummary build, String coordinator, String address) {
    return new BuildCard(
        build.id(),
        build.name(),
        build.tenant(),
        build.state(),
        build.startedAt(),
        build.completedAt(),
        build.error().orElse(""),
        build.steps().size(),
        (int) build.steps().stream().filter(BuildReport.Step::cached).count(),
        coordinator,
        address);
  }

  private static String clip(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
  }
}
