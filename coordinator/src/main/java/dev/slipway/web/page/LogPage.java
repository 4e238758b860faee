package dev.slipway.web.page;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.Progress.Event;
import dev.slipway.progress.ProgressLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The output of a build's steps: to read, to search, to follow. */
final class LogPage implements Pages.Source {
  /** Lines on one page, the last ones; the text has all. */
  private static final int MAX_LINES = 5000;

  private final PageParts parts;

  LogPage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param last number of the last line that was looked at
   * @param found lines that fit
   * @param hidden those of them that are before the ones shown
   */
  record Model(
      BuildHead head,
      LogFilter filter,
      List<Choice> steps,
      List<Shown> lines,
      long last,
      long found,
      long hidden,
      boolean live) {}

  /** A step that has output. */
  record Choice(int number, String name) {}

  /**
   * A line.
   *
   * @param heading name of its step when the line before is another's; else empty
   * @param after seconds since its step began
   * @param html escaped
   */
  record Shown(long number, int step, String heading, String after, String html) {}

  /** Turns lines into what is shown, with headings. */
  private static final class Headings {
    private final String word;
    private int step;

    Headings(String word) {
      this.word = word;
    }

    Shown show(LogLines.Line line) {
      String heading = line.step() == step ? "" : line.name();
      step = line.step();
      return new Shown(
          line.number(),
          line.step(),
          heading,
          String.format(Locale.ROOT, "%.1f", line.after().toMillis() / 1e3),
          line.content().html(word));
    }
  }

  @Override
  public View view(PageRequest request) throws SlipwayException {
    BuildDetail build = find(request);
    LogFilter filter = LogFilter.of(request);
    Deque<LogLines.Line> kept = new ArrayDeque<>();
    long[] counts = new long[2];
    read(
        build.log(),
        line -> {
          counts[0] = line.number();
          if (filter.admits(line)) {
            counts[1]++;
            kept.add(line);
            if (kept.size() > MAX_LINES) {
              kept.poll();
            }
          }
        });
    Headings headings = new Headings(filter.word());
    boolean live = build.summary().state() == BuildSummary.State.RUNNING && filter.word().isEmpty();
    Model model =
        new Model(
            BuildHead.of(build.summary(), parts.clock().instant(), BuildHead.Tab.LOG),
            filter,
            choices(build),
            ordered(kept, live).stream().map(headings::show).toList(),
            counts[0],
            counts[1],
            counts[1] - kept.size(),
            live);
    String title = "Log of " + build.summary().name();
    return live
        ? View.live(title, Section.BUILDS, "log", model, Duration.ofSeconds(1))
        : View.still(title, Section.BUILDS, "log", model);
  }

  /**
   * While it grows, as it came; afterwards each step's lines together, in the order in which the
   * steps began to say something.
   */
  private static Collection<LogLines.Line> ordered(Deque<LogLines.Line> lines, boolean live) {
    if (live) {
      return lines;
    }
    Map<Integer, List<LogLines.Line>> bySteps = new LinkedHashMap<>();
    lines.forEach(line -> bySteps.computeIfAbsent(line.step(), _ -> new ArrayList<>()).add(line));
    return bySteps.values().stream().flatMap(List::stream).toList();
  }

  private BuildDetail find(PageRequest request) throws SlipwayException {
    String id = request.parameter("id");
    return parts
        .builds()
        .find(id)
        .filter(build -> request.viewer().sees(build.summary().tenant()))
        .orElseThrow(() ->
            new SlipwayException(ErrorKind.NOT_FOUND, "no log of a build " + id + " is kept here"));
  }

  private static List<Choice> choices(BuildDetail build) {
    List<Choice> choices = new ArrayList<>();
    int number = 0;
    for (ProgressLog.Vertex vertex : build.vertices()) {
      number++;
      if (vertex.logged()) {
        choices.add(new Choice(number, vertex.state().name()));
      }
    }
    return choices;
  }

  private static void read(ProgressLog log, java.util.function.Consumer<LogLines.Line> to) {
    LogLines lines = new LogLines(to);
    ProgressLog.Reader reader = log.reader();
    for (List<Event> batch = reader.poll(); !batch.isEmpty(); batch = reader.poll()) {
      batch.forEach(lines::add);
    }
  }

  /** All of it as text, in the words of the client's plain progress. */
  interface TextSink {
    void write(String text) throws IOException;
  }

  /** Writes the lines that fit, each with its step's number and its time. */
  void text(PageRequest request, TextSink out) throws SlipwayException, IOException {
    BuildDetail build = find(request);
    LogFilter filter = LogFilter.of(request);
    ArrayDeque<LogLines.Line> ready = new ArrayDeque<>();
    LogLines lines = new LogLines(ready::add);
    ProgressLog.Reader reader = build.log().reader();
    int step = 0;
    for (List<Event> batch = reader.poll(); !batch.isEmpty(); batch = reader.poll()) {
      batch.forEach(lines::add);
      StringBuilder text = new StringBuilder();
      for (LogLines.Line line = ready.poll(); line != null; line = ready.poll()) {
        if (filter.admits(line)) {
          if (line.step() != step) {
            text.append(step == 0 ? "" : "\n").append('#').append(line.step()).append(' ');
            text.append(line.name().replaceAll("\\p{Cntrl}", " ")).append('\n');
            step = line.step();
          }
          text.append(
              String.format(
                  Locale.ROOT,
                  "#%d %.3f %s%n",
                  line.step(),
                  line.after().toMillis() / 1e3,
                  line.content().text()));
        }
      }
      out.write(text.toString());
    }
  }

  /** Follows the log of a build that runs. @param after number of the last line that is known */
  EventStreams.Source follow(PageRequest request, Templates templates, long after)
      throws SlipwayException {
    return new Following(find(request), LogFilter.of(request), templates, after);
  }

  private final class Following implements EventStreams.Source {
    private final String id;
    private final ProgressLog.Reader reader;
    private final LogFilter filter;
    private final Templates templates;
    private final Headings headings = new Headings("");
    private final List<Shown> fresh = new ArrayList<>();
    private final LogLines lines;
    private long last;

    Following(BuildDetail build, LogFilter filter, Templates templates, long after) {
      this.id = build.summary().id();
      this.reader = build.log().reader();
      this.filter = filter;
      this.templates = templates;
      this.last = after;
      this.lines = new LogLines(this::line);
    }

    private void line(LogLines.Line line) {
      if (filter.admits(line)) {
        Shown shown = headings.show(line);
        if (line.number() > last) {
          fresh.add(shown);
        }
      }
      last = Math.max(last, line.number());
    }

    @Override
    public void advance(EventStreams.Sink sink) throws IOException {
      for (List<Event> batch = reader.poll(); !batch.isEmpty(); batch = reader.poll()) {
        batch.forEach(lines::add);
        if (fresh.size() > MAX_LINES) {
          fresh.subList(0, fresh.size() - MAX_LINES).clear();
        }
      }
      if (!fresh.isEmpty()) {
        sink.append(Long.toString(last), templates.render("lines", List.copyOf(fresh)));
        fresh.clear();
      }
      Optional<BuildSummary> build = parts.builds().find(id).map(BuildDetail::summary);
      if (reader.atEnd()
          && build.filter(each -> each.state() == BuildSummary.State.RUNNING).isEmpty()) {
        if (build.isPresent()) {
          BuildHead head = BuildHead.of(build.get(), parts.clock().instant(), BuildHead.Tab.LOG);
          sink.part(templates.render("head", head));
        }
        sink.over();
      }
    }

    @Override
    public Duration patience() {
      return Duration.ofSeconds(15);
    }
  }
}
