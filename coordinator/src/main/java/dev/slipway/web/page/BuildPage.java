package dev.slipway.web.page;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.history.BuildCard;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.MovedBytes;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog.Vertex;
import dev.slipway.progress.StageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One build: what it is, its stages over time by worker, its steps. */
final class BuildPage implements Pages.Source {
  /** While a build runs its bars grow. */
  private static final Duration RUNNING_REFRESH = Duration.ofSeconds(1);

  private final PageParts parts;

  BuildPage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param moved what was moved to workers, in words; empty = nothing
   * @param compared the build that those steps were compared with that have a reason
   */
  record Model(
      BuildHead head,
      Timeline timeline,
      List<Step> steps,
      List<String> figures,
      String moved,
      Optional<Uncached.Earlier> compared,
      Optional<Snippet> snippet) {}

  /**
   * A step.
   *
   * @param where the worker's name, or that none was needed
   * @param uncached why it did not come from the cache; empty = it did, or nobody knows
   * @param notes what it waited for, where it ran
   * @param logged whether it has output
   */
  record Step(
      int number,
      String name,
      Status status,
      String where,
      String waited,
      String took,
      long sinceMillis,
      String uncached,
      List<String> notes,
      String error,
      boolean logged) {}

  /** Of a build that is gone with its coordinator. */
  record Gone(BuildCard card, String started) {}

  @Override
  public View view(PageRequest request) throws SlipwayException {
    String id = request.parameter("id");
    Optional<BuildDetail> found =
        parts.builds().find(id).filter(build -> request.viewer().sees(build.summary().tenant()));
    return found.isPresent() ? view(request, found.get()) : gone(request, id);
  }

  private View view(PageRequest request, BuildDetail build) {
    BuildSummary summary = build.summary();
    Instant now = parts.clock().instant();
    Instant end = summary.completedAt().orElse(now);
    Steps steps = new Steps(build);
    Uncached uncached = uncached(request, summary, now);
    Map<dev.slipway.oci.Digest, StageRecord> stages = new HashMap<>();
    build.stages().forEach(stage -> stage.steps().forEach(step -> stages.put(step, stage)));
    List<Step> rows =
        steps.all().stream()
            .map(vertex ->
                step(
                    vertex,
                    steps.number(vertex.state().digest()),
                    Optional.ofNullable(stages.get(vertex.state().digest())),
                    uncached.why(vertex.state().digest()),
                    end))
            .toList();
    Model model =
        new Model(
            BuildHead.of(summary, now, BuildHead.Tab.TIMELINE),
            Timeline.of(build, steps, end),
            rows,
            figures(rows),
            moved(summary.moved()),
            uncached.compared(),
            build.blame().map(Snippet::of));
    return summary.state() == BuildSummary.State.RUNNING
        ? View.live(summary.name(), Section.BUILDS, "build", model, RUNNING_REFRESH)
        : View.still(summary.name(), Section.BUILDS, "build", model);
  }

  /** While it runs, each look would compare all of it anew. */
  private Uncached uncached(PageRequest request, BuildSummary build, Instant now) {
    return build.state() == BuildSummary.State.RUNNING
        ? Uncached.UNKNOWN
        : parts
            .explanations()
            .apply(build.id())
            .filter(each -> request.viewer().sees(each.tenant()))
            .map(each -> Uncached.of(each, parts.history(), now))
            .orElse(Uncached.UNKNOWN);
  }

  /** Known from its card, or not at all. */
  private View gone(PageRequest request, String id) throws SlipwayException {
    BuildCard card =
        parts
            .history()
            .card(id)
            .filter(each -> request.viewer().sees(each.tenant()))
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.NOT_FOUND,
                    "no build "
                        + id
                        + " is known here: the last hundred of each coordinator are kept"));
    return View.still(
        card.name(),
        Section.BUILDS,
        "gone",
        new Gone(card, Text.time(card.startedAt(), parts.clock().instant())));
  }

  private static Step step(
      Vertex vertex, int number, Optional<StageRecord> stage, String uncached, Instant end) {
    VertexState state = vertex.state();
    Status status = status(state, stage);
    Optional<Instant> begun = stage.isPresent() ? begun(state, stage.get()) : state.started();
    String took =
        status == Status.CACHED || status == Status.WAITING
            ? ""
            : begun
                .map(from -> Text.duration(Duration.between(from, state.completed().orElse(end))))
                .orElse("");
    return new Step(
        number,
        state.name(),
        status,
        stage.map(StageRecord::worker).orElse(""),
        stage.map(each -> waited(each, end)).orElse(""),
        took,
        status == Status.RUNNING ? begun.map(Instant::toEpochMilli).orElse(0L) : 0,
        status == Status.CACHED ? "" : uncached,
        notes(vertex.notes()),
        state.error().orElse(""),
        vertex.logged());
  }

  /**
   * Without where it ran, which has a column, and without what a client's progress bar says; of its
   * places in the queue the last one.
   */
  private static List<String> notes(List<String> all) {
    Optional<String> place = all.stream().filter(BuildPage::ofQueue).reduce((_, last) -> last);
    return all.stream()
        .filter(note -> !note.startsWith("on ") && !note.equals("transferring"))
        .filter(note -> !ofQueue(note) || place.filter(note::equals).isPresent())
        .toList();
  }

  private static boolean ofQueue(String note) {
    return note.startsWith("waiting for a worker");
  }

  /** A step's clock begins when its stage is shown as waiting; people want the work. */
  private static Optional<Instant> begun(VertexState state, StageRecord stage) {
    return state
        .started()
        .map(started -> stage.placed().filter(placed -> placed.isAfter(started)).orElse(started));
  }

  private static Status status(VertexState state, Optional<StageRecord> stage) {
    if (state.error().isPresent()) {
      return state.error().get().endsWith("context canceled") ? Status.CANCELLED : Status.FAILED;
    }
    if (state.cached()) {
      return Status.CACHED;
    }
    if (state.completed().isPresent()) {
      return Status.SUCCEEDED;
    }
    boolean waits =
        stage.filter(each -> each.placed().isEmpty() && each.ended().isEmpty()).isPresent();
    return waits ? Status.WAITING : state.started().isPresent() ? Status.RUNNING : Status.PENDING;
  }

  /** What people would notice. */
  private static String waited(StageRecord stage, Instant end) {
    Duration time = Duration.between(stage.queued(), stage.placed().or(stage::ended).orElse(end));
    return time.toMillis() < 100 ? "" : Text.duration(time);
  }

  private static List<String> figures(List<Step> steps) {
    java.util.ArrayList<String> figures = new java.util.ArrayList<>();
    for (Status status : Status.values()) {
      long count = steps.stream().filter(step -> step.status() == status).count();
      if (count > 0) {
        figures.add(count + " " + (status == Status.SUCCEEDED ? "done" : status.word()));
      }
    }
    return figures;
  }

  private static String moved(MovedBytes moved) {
    java.util.StringJoiner words = new java.util.StringJoiner(", ");
    if (moved.peers() > 0) {
      words.add(Text.bytes(moved.peers()) + " from workers");
    }
    if (moved.registries() > 0) {
      words.add(Text.bytes(moved.registries()) + " from registries");
    }
    if (moved.coordinator() > 0) {
      words.add(Text.bytes(moved.coordinator()) + " from the client");
    }
    return words.toString();
  }
}
