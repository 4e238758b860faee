package dev.slipway.web.page;

import dev.slipway.progress.BuildSummary;
import java.time.Duration;
import java.time.Instant;

/**
 * What stands above every page of a build.
 *
 * @param took or runs, in words
 * @param sinceMillis when it began, for a clock that goes on; 0 when it is over
 * @param error why it failed; empty when it did not
 */
record BuildHead(
    String id,
    String name,
    String tenant,
    Status status,
    String started,
    String took,
    long sinceMillis,
    String error,
    Tab tab) {
  /** The pages of a build. */
  enum Tab {
    TIMELINE("Timeline", ""),
    LOG("Log", "/log"),
    GRAPH("Graph", "/graph");

    private final String title;
    private final String path;

    Tab(String title, String path) {
      this.title = title;
      this.path = path;
    }

    String title() {
      return title;
    }

    /** After the build's own path. */
    String path() {
      return path;
    }
  }

  static BuildHead of(BuildSummary build, Instant now, Tab tab) {
    boolean running = build.state() == BuildSummary.State.RUNNING;
    return new BuildHead(
        build.id(),
        build.name(),
        build.tenant(),
        Status.of(build.state()),
        Text.time(build.startedAt(), now),
        Text.duration(Duration.between(build.startedAt(), build.completedAt().orElse(now))),
        running ? build.startedAt().toEpochMilli() : 0,
        build.error().orElse(""),
        tab);
  }

  String path() {
    return Links.build(id);
  }
}
