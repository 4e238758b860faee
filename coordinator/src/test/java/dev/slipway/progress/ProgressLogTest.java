package dev.slipway.progress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress.Event;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLogTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final VertexState STEP = VertexState.internal("step", "RUN make");

  private final ProgressLog log = new ProgressLog(Clock.fixed(NOW, ZoneOffset.UTC));

  @Test
  void lateReaderGetsEverythingFromTheStart() throws Exception {
    log.vertex(STEP.started(NOW));
    log.log(chunk("hello"));
    log.vertex(STEP.started(NOW).completed(NOW));
    log.close();

    assertThat(readAll()).hasSize(3);
    assertThat(readAll()).hasSize(3);
  }

  @Test
  void readerWaitsForWhatComes() throws Exception {
    CompletableFuture<List<Event>> read =
        CompletableFuture.supplyAsync(this::readAllUnchecked, Thread::startVirtualThread);

    log.vertex(STEP.started(NOW));
    log.vertex(STEP.started(NOW).completed(NOW));
    log.close();

    assertThat(read.get(5, TimeUnit.SECONDS)).hasSize(2);
  }

  @Test
  void endCancelsWhatStillRuns() throws Exception {
    VertexState idle = VertexState.internal("idle", "never started");
    VertexState done = VertexState.internal("done", "done").started(NOW).completed(NOW);
    log.vertex(idle);
    log.vertex(done);
    log.vertex(STEP.started(NOW));
    log.close();

    List<Event> events = readAll();
    assertThat(events).hasSize(4);
    assertThat((VertexState) events.getLast())
        .isEqualTo(STEP.started(NOW).failed(NOW, "context canceled"));
  }

  @Test
  void dropsWhatComesAfterTheEnd() throws Exception {
    log.close();
    log.vertex(STEP.started(NOW));
    log.log(chunk("late"));

    assertThat(readAll()).isEmpty();
  }

  @Test
  void dropsOutputAndSubLinesOfUnknownVertices() throws Exception {
    log.log(chunk("lost"));
    log.status(
        new StatusLine("x", STEP.digest(), "x", 0, 0, NOW, Optional.of(NOW), Optional.empty()));
    log.close();

    assertThat(readAll()).isEmpty();
  }

  @Test
  void clipsOutputOfAStepOnce() throws Exception {
    log.vertex(STEP.started(NOW));
    for (int i = 0; i < 40; i++) {
      log.log(new LogChunk(STEP.digest(), 1, new byte[100_000], NOW));
    }
    log.vertex(STEP.started(NOW).completed(NOW));
    log.close();

    List<byte[]> chunks = logs(readAll());
    assertThat(chunks.stream().mapToInt(bytes -> bytes.length).sum())
        .isLessThan(ProgressLog.STEP_LIMIT + 100);
    assertThat(new String(chunks.getLast(), UTF_8))
        .isEqualTo("[output clipped, log limit 2MiB reached]\n");
    assertThat(chunks.stream().filter(bytes -> bytes.length < 100)).hasSize(1);
  }

  @Test
  void showsTheEndOfClippedOutputWhenTheStepFails() throws Exception {
    log.vertex(STEP.started(NOW));
    for (int i = 0; i < 40; i++) {
      log.log(new LogChunk(STEP.digest(), 2, new byte[100_000], NOW));
    }
    log.log(chunk("what went wrong"));
    log.vertex(STEP.started(NOW).failed(NOW, "exit code: 1"));
    log.close();

    List<Event> events = readAll();
    assertThat(new String(logs(events).getLast(), UTF_8)).isEqualTo("what went wrong");
    assertThat(((VertexState) events.getLast()).error()).contains("exit code: 1");
  }

  @Test
  void batchesStayBelowTheirLimit() throws Exception {
    log.vertex(STEP.started(NOW));
    log.log(new LogChunk(STEP.digest(), 1, new byte[1_900_000], NOW));
    log.close();

    ProgressLog.Reader reader = log.reader();
    int batches = 0;
    for (List<Event> batch = reader.next(); !batch.isEmpty(); batch = reader.next()) {
      assertThat(logs(batch).stream().mapToInt(bytes -> bytes.length).sum())
          .isLessThanOrEqualTo(ProgressLog.BATCH_LIMIT);
      batches++;
    }
    assertThat(batches).isBetween(2, 3);
  }

  @Test
  void aBuildKeepsABoundedLog() throws Exception {
    for (int step = 0; step < 30; step++) {
      VertexState vertex = VertexState.internal("step " + step, "RUN " + step).started(NOW);
      log.vertex(vertex);
      for (int i = 0; i < 9; i++) {
        log.log(new LogChunk(vertex.digest(), 1, new byte[200_000], NOW));
      }
      log.vertex(vertex.completed(NOW));
    }
    log.close();

    assertThat(log.size()).isLessThan(ProgressLog.TOTAL_LIMIT + (1 << 20));
    assertThat(readAll().stream().filter(VertexState.class::isInstance)).hasSize(60);
  }

  @Test
  void ancestorsThatWereNotLookedAtCountAsCached() throws Exception {
    VertexState base = VertexState.internal("base", "FROM");
    VertexState middle = withInput("middle", base.digest());
    VertexState top = withInput("top", middle.digest());
    log.vertex(base);
    log.vertex(middle);
    log.vertex(top);
    log.vertex(top.started(NOW));
    log.vertex(top.started(NOW).completed(NOW));
    log.close();

    assertThat(readAll()).contains(middle.cached(NOW), base.cached(NOW));
  }

  @Test
  void announcingAgainTakesNothingBack() throws Exception {
    log.vertex(STEP);
    log.vertex(STEP.started(NOW));
    log.vertex(STEP);
    log.close();

    assertThat(readAll())
        .containsExactly(
            STEP, STEP.started(NOW), STEP.started(NOW).failed(NOW, "context canceled"));
  }

  private static VertexState withInput(String name, Digest input) {
    return new VertexState(
        Digest.ofText(name),
        List.of(input),
        name,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static LogChunk chunk(String text) {
    return new LogChunk(STEP.digest(), 1, text.getBytes(UTF_8), NOW);
  }

  private static List<byte[]> logs(List<Event> events) {
    return events.stream()
        .filter(LogChunk.class::isInstance)
        .map(event -> ((LogChunk) event).data())
        .toList();
  }

  private List<Event> readAllUnchecked() {
    try {
      return readAll();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Event> readAll() throws InterruptedException {
    List<Event> all = new ArrayList<>();
    ProgressLog.Reader reader = log.reader();
    for (List<Event> batch = reader.next(); !batch.isEmpty(); batch = reader.next()) {
      all.addAll(batch);
    }
    return all;
  }
}
