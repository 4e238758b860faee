package dev.slipway.progress;

import dev.slipway.oci.Digest;
import dev.slipway.telemetry.BuildkitMetric;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All progress of one build, from its first event to its end, for any number of readers at any
 * time. Bounded: output above a limit is clipped, of a failed step the end is kept.
 * docs/protocol.md#status. @ThreadSafe
 */
public final class ProgressLog implements Progress {
  /** Output that is kept of one step, in bytes; the same as BuildKit's. */
  static final int STEP_LIMIT = 2 << 20;

  /** Bytes that one build may keep; a build of 15 steps that all reach their limit fits. */
  static final int TOTAL_LIMIT = 32 << 20;

  /** Bytes in one batch, so that a message stays far below the 16 MiB that clients take. */
  static final int BATCH_LIMIT = 1 << 20;

  /** Largest single chunk; longer ones are cut. */
  private static final int CHUNK_LIMIT = 256 << 10;

  /** Sub-lines of a vertex that pages show. */
  private static final int MAX_NOTES = 6;

  /** What an event weighs beside its texts: a guess of its objects. */
  private static final int EVENT_WEIGHT = 200;

  private final Clock clock;
  private final Runnable onChange;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by lock.
  private final List<Event> events = new ArrayList<>();
  private final Map<Digest, VertexState> vertices = new LinkedHashMap<>();
  private final Map<Digest, StepOutput> outputs = new HashMap<>();
  private final Map<Digest, ArrayDeque<String>> notes = new HashMap<>();
  private final Set<Digest> logged = new HashSet<>();
  private long totalBytes;
  private boolean closed;

  public ProgressLog(Clock clock) {
    this(clock, () -> {});
  }

  /**
   * The same.
   *
   * @param onChange called after each event, under the log's lock: it must not block or ask the log
   */
  public ProgressLog(Clock clock, Runnable onChange) {
    this.clock = clock;
    this.onChange = onChange;
  }

  /**
   * A vertex as it is now.
   *
   * @param notes its sub-lines without bytes, the last ones: where it ran, what it waited for
   * @param logged whether it has output
   */
  public record Vertex(VertexState state, List<String> notes, boolean logged) {
    public Vertex {
      notes = List.copyOf(notes);
    }
  }

  @Override
  public void vertex(VertexState vertex) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (vertex.error().isPresent()) {
        flushTail(vertex.digest());
      }
      VertexState before = vertices.get(vertex.digest());
      if (before != null && vertex.started().isEmpty()) {
        return; // announced again: nothing new
      }
      if (vertex.started().isPresent() && (before == null || before.started().isEmpty())) {
        inferCached(vertex.inputs(), vertex.started().get());
      }
      vertices.put(vertex.digest(), vertex);
      append(vertex);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void status(StatusLine status) {
    lock.lock();
    try {
      // A full log still takes the end of sub-lines, or they would look unfinished for ever.
      if (!closed
          && vertices.containsKey(status.vertex())
          && (totalBytes < TOTAL_LIMIT || status.completed().isPresent())) {
        note(status);
        append(status);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void log(LogChunk chunk) {
    lock.lock();
    try {
      if (closed || !vertices.containsKey(chunk.vertex())) {
        return;
      }
      logged.add(chunk.vertex());
      StepOutput output = outputs.computeIfAbsent(chunk.vertex(), _ -> new StepOutput());
      for (int from = 0; from < chunk.data().length; from += CHUNK_LIMIT) {
        int to = Math.min(from + CHUNK_LIMIT, chunk.data().length);
        boolean whole = to - from == chunk.data().length;
        byte[] part = whole ? chunk.data() : java.util.Arrays.copyOfRange(chunk.data(), from, to);
        output
            .add(
                new LogChunk(chunk.vertex(), chunk.stream(), part, chunk.timestamp()),
                totalBytes < TOTAL_LIMIT)
            .forEach(this::append);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void warning(Warning warning) {
    lock.lock();
    try {
      if (!closed && totalBytes < TOTAL_LIMIT) {
        append(warning);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the log: what still runs is shown as cancelled, later events are dropped, readers come to
   * their end.
   */
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Instant now = clock.instant();
      for (VertexState vertex : List.copyOf(vertices.values())) {
        if (vertex.started().isPresent() && vertex.completed().isEmpty()) {
          flushTail(vertex.digest());
          VertexState cancelled = vertex.failed(now, "context canceled");
          vertices.put(cancelled.digest(), cancelled);
          append(cancelled);
        }
      }
      outputs.clear();
      closed = true;
      changed.signalAll();
      onChange.run();
    } finally {
      lock.unlock();
    }
  }

  /** All vertices as they are now, in the order in which they were announced. */
  public List<Vertex> vertices() {
    lock.lock();
    try {
      return vertices.values().stream()
          .map(state ->
              new Vertex(
                  state,
                  List.copyOf(notes.getOrDefault(state.digest(), new ArrayDeque<>())),
                  logged.contains(state.digest())))
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the vertex was announced. */
  public boolean knows(Digest vertex) {
    lock.lock();
    try {
      return vertices.containsKey(vertex);
    } finally {
      lock.unlock();
    }
  }

  /** Vertices and warnings so far, as BuildKit counts them in its metrics. */
  public Map<BuildkitMetric.Steps, Long> counts() {
    lock.lock();
    try {
      return Map.of(
          BuildkitMetric.Steps.TOTAL,
          (long) vertices.size(),
          BuildkitMetric.Steps.COMPLETED,
          vertices.values().stream().filter(vertex -> vertex.completed().isPresent()).count(),
          BuildkitMetric.Steps.CACHED,
          vertices.values().stream().filter(VertexState::cached).count(),
          BuildkitMetric.Steps.WARNINGS,
          events.stream().filter(Warning.class::isInstance).count());
    } finally {
      lock.unlock();
    }
  }

  /** Estimated bytes that the log keeps. */
  public long size() {
    lock.lock();
    try {
      return totalBytes;
    } finally {
      lock.unlock();
    }
  }

  /** Returns a reader that starts with the first event. One thread may use it. */
  public Reader reader() {
    return new Reader();
  }

  /** A place in the log. */
  public final class Reader {
    private int next;

    private Reader() {}

    /**
     * Returns the next events, waiting for one; empty when the log was closed and all was read. One
     * batch stays about below {@link #BATCH_LIMIT}.
     */
    public List<Event> next() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (next == events.size()) {
          if (closed) {
            return List.of();
          }
          changed.await();
        }
        return batch();
      } finally {
        lock.unlock();
      }
    }

    /** Returns the next events that are there, without waiting; empty when there are none. */
    public List<Event> poll() {
      lock.lock();
      try {
        return next == events.size() ? List.of() : batch();
      } finally {
        lock.unlock();
      }
    }

    /** Whether all was read and nothing comes any more. */
    public boolean atEnd() {
      lock.lock();
      try {
        return closed && next == events.size();
      } finally {
        lock.unlock();
      }
    }

    private List<Event> batch() {
      int end = next;
      int bytes = 0;
      while (end < events.size()
          && (end == next || bytes + weight(events.get(end)) <= BATCH_LIMIT)) {
        bytes += weight(events.get(end));
        end++;
      }
      List<Event> batch = List.copyOf(events.subList(next, end));
      next = end;
      return batch;
    }
  }

  /**
   * Ancestors that were never looked at, because the answer was known without them, count as
   * cached.
   */
  private void inferCached(List<Digest> inputs, Instant at) {
    ArrayDeque<Digest> open = new ArrayDeque<>(inputs);
    while (!open.isEmpty()) {
      VertexState input = vertices.get(open.pop());
      if (input != null && input.started().isEmpty() && input.completed().isEmpty()) {
        VertexState cached = input.cached(at);
        vertices.put(cached.digest(), cached);
        append(cached);
        open.addAll(cached.inputs());
      }
    }
  }

  /** Pages show these; byte counts are for clients only. */
  private void note(StatusLine status) {
    if (status.total() == 0 && status.current() == 0) {
      ArrayDeque<String> kept = notes.computeIfAbsent(status.vertex(), _ -> new ArrayDeque<>());
      kept.remove(status.name());
      kept.add(status.name());
      if (kept.size() > MAX_NOTES) {
        kept.poll();
      }
    }
  }

  private void flushTail(Digest vertex) {
    StepOutput output = outputs.get(vertex);
    if (output != null) {
      output.takeTail().forEach(this::append);
    }
  }

  private void append(Event event) {
    events.add(event);
    totalBytes += weight(event);
    changed.signalAll();
    onChange.run();
  }

  private static int weight(Event event) {
    return EVENT_WEIGHT
        + switch (event) {
          case VertexState vertex ->
              vertex.name().length()
                  + vertex.inputs().size() * 71
                  + vertex.error().map(String::length).orElse(0);
          case StatusLine status -> status.id().length();
          case LogChunk chunk -> chunk.data().length;
          case Warning warning ->
              warning.summary().length()
                  + warning.detail().stream().mapToInt(String::length).sum()
                  + warning.file().map(file -> file.data().length).orElse(0);
        };
  }
}
