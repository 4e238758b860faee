package dev.slipway.web.page;

import dev.slipway.history.BuildCard;
import dev.slipway.progress.BuildSummary.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** The builds of the whole farm, those that run and the last ones that ended. */
final class BuildsPage implements Pages.Source {
  /** Builds in the list: a screen or three. */
  private static final int MAX_ROWS = 100;

  /** Everything that changes here is told; this finds a coordinator that is gone. */
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private final PageParts parts;

  BuildsPage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param tenants whose builds there are
   * @param more builds that fit the filter and are not shown
   * @param severalCoordinators whether rows say where they are
   */
  record Model(
      List<Row> builds,
      Filter filter,
      List<String> tenants,
      long running,
      long more,
      boolean severalCoordinators) {}

  /** What the reader asked for; empty = all. */
  record Filter(String text, String state, String tenant) {
    boolean isEmpty() {
      return text.isEmpty() && state.isEmpty() && tenant.isEmpty();
    }

    boolean admits(Row row) {
      return (state.isEmpty() || state.equals(row.status().word()))
          && (tenant.isEmpty() || tenant.equals(row.tenant()))
          && (text.isEmpty() || contains(row.name()) || contains(row.id()));
    }

    private boolean contains(String value) {
      return value.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
    }
  }

  /** A build. @param took or runs, in words */
  record Row(
      String id,
      String name,
      String tenant,
      Status status,
      String started,
      String took,
      long sinceMillis,
      int steps,
      int cached,
      String error,
      String coordinator) {
    String shortId() {
      return id.length() <= 12 ? id : id.substring(0, 12);
    }
  }

  @Override
  public View view(PageRequest request) {
    Instant now = parts.clock().instant();
    Filter filter = new Filter(request.query("q"), request.query("state"), request.query("tenant"));
    List<Row> seen =
        parts.history().all().stream()
            .filter(card -> request.viewer().sees(card.tenant()))
            .map(card -> row(card, now))
            .toList();
    List<Row> wanted = seen.stream().filter(filter::admits).toList();
    TreeSet<String> tenants = new TreeSet<>();
    seen.forEach(row -> tenants.add(row.tenant()));
    Model model =
        new Model(
            wanted.stream().limit(MAX_ROWS).toList(),
            filter,
            List.copyOf(tenants),
            seen.stream().filter(row -> row.status() == Status.RUNNING).count(),
            Math.max(0, wanted.size() - MAX_ROWS),
            seen.stream().map(Row::coordinator).distinct().count() > 1);
    return View.live("Builds", Section.BUILDS, "builds", model, REFRESH);
  }

  private Row row(BuildCard card, Instant now) {
    boolean lost = card.state() == State.RUNNING && !parts.history().isLive(card);
    return new Row(
        card.id(),
        card.name(),
        card.tenant(),
        lost ? Status.LOST : Status.of(card.state()),
        Text.time(card.startedAt(), now),
        lost
            ? ""
            : Text.duration(Duration.between(card.startedAt(), card.completedAt().orElse(now))),
        card.startedAt().toEpochMilli(),
        card.steps(),
        card.cached(),
        lost ? "its coordinator " + card.address() + " left the farm" : card.error(),
        card.address());
  }
}
