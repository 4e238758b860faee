package dev.slipway.queue;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.Past;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.StageRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stages of this coordinator, in order of submission, and where each is: waiting in the queue,
 * or on a worker. It is the truth about them, the queue only a copy that may be lost: every link is
 * told all of it anew, and a stage is given to a worker only when the book says that it waits. Time
 * is passed in, in nanoseconds. Not thread-safe: one owner.
 */
final class StageBook {
  private static final Logger LOG = LoggerFactory.getLogger(StageBook.class);

  /** A worker that joined the queue's coordinator joins this one within a second. */
  static final Duration JOIN_PATIENCE = Duration.ofSeconds(2);

  /** How long stages wait for a coordinator that has the queue; the next is chosen in seconds. */
  static final Duration LINK_PATIENCE = Duration.ofMinutes(1);

  /** What a waiting stage is told when nobody has had the queue for this long. */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Set<String> workers = new HashSet<>();
  private @Nullable QueueLink link;
  private long unlinkedSince;
  private boolean silenceTold;

  StageBook(long nowNanos) {
    this.unlinkedSince = nowNanos;
  }

  int size() {
    return entries.size();
  }

  /** The queue is there: it is told of everything. */
  void connected(QueueLink to, long nowNanos) {
    link = to;
    for (Entry entry : entries.values()) {
      if (!entry.started) {
        entry.workerId = "";
      }
      to.submit(entry.request, entry.past(nowNanos));
    }
  }

  /** The queue is gone; what it still says is not heard. */
  void disconnected(long nowNanos) {
    if (link != null) {
      unlinkedSince = nowNanos;
      silenceTold = false;
      link = null;
    }
  }

  void submit(StageRequest request, Scheduler.Listener listener, long nowNanos) {
    Entry entry = new Entry(request, listener, nowNanos);
    if (entries.putIfAbsent(request.stageId(), entry) != null) {
      listener.failed(
          new SlipwayException(
              ErrorKind.CONFLICT, "stage " + request.stageId() + " was submitted twice"));
    } else if (link != null) {
      link.submit(request, Past.NONE);
    }
  }

  /** Nothing happens when the stage is on a worker: its end is yet to come. */
  void withdraw(String stageId) {
    Entry entry = entries.get(stageId);
    if (entry != null && !entry.started) {
      entries.remove(stageId);
      if (link != null) {
        link.withdraw(stageId);
      }
    }
  }

  void finished(String stageId) {
    if (entries.remove(stageId) != null && link != null) {
      link.finished(stageId);
    }
  }

  void refused(String stageId, String reason) {
    Entry entry = entries.get(stageId);
    if (entry != null && !entry.workerId.isEmpty()) {
      entry.workerId = "";
      entry.started = false;
      if (link != null) {
        link.refused(stageId, reason);
      }
    }
  }

  void workerJoined(String workerId) {
    workers.add(workerId);
    for (Entry entry : List.copyOf(entries.values())) {
      if (entry.workerId.equals(workerId) && !entry.started) {
        start(entry);
      }
    }
  }

  /** What ran there for this coordinator is lost, whatever the queue thinks of the worker. */
  void workerLeft(String workerId) {
    workers.remove(workerId);
    for (Entry entry : List.copyOf(entries.values())) {
      if (!entry.workerId.equals(workerId)) {
        continue;
      }
      if (entry.started) {
        finished(entry.id());
        entry.listener.lost(workerId);
      } else {
        refused(entry.id(), "worker " + workerId + " has left the stage's coordinator");
      }
    }
  }

  /** The queue says something of a stage; called for the link that is connected only. */
  void heard(News news, long nowNanos) {
    Entry entry = entries.get(news.stageId());
    switch (news) {
      case News.Assigned(var stageId, var workerId) -> assigned(entry, stageId, workerId, nowNanos);
      case News.Waiting(_, int ahead, var reason) -> {
        if (entry != null && entry.workerId.isEmpty()) {
          entry.listener.waiting(ahead, reason);
        }
      }
      case News.Lost(_, var workerId) -> {
        if (entry != null && entry.workerId.equals(workerId)) {
          lost(entry, nowNanos);
        }
      }
      case News.Failed(var stageId, var reason) -> {
        if (entry != null && !entry.started) {
          entries.remove(stageId);
          entry.listener.failed(reason);
        }
      }
    }
  }

  private void assigned(@Nullable Entry entry, String stageId, String workerId, long nowNanos) {
    if (entry == null) {
      if (link != null) {
        link.finished(stageId);
      }
    } else if (entry.workerId.isEmpty()) {
      entry.workerId = workerId;
      entry.assignedAt = nowNanos;
      if (workers.contains(workerId)) {
        start(entry);
      }
    } else {
      LOG.atWarn()
          .addKeyValue("stage", stageId)
          .addKeyValue("worker", workerId)
          .log("stage was assigned while it has a worker; ignored");
    }
  }

  /** The queue's coordinator has lost the worker; this one need not have. */
  private void lost(Entry entry, long nowNanos) {
    String workerId = entry.workerId;
    if (!entry.started) {
      entry.workerId = "";
    } else if (!workers.contains(workerId)) {
      entries.remove(entry.id());
      entry.listener.lost(workerId);
      return;
    }
    if (link != null) {
      link.submit(entry.request, entry.past(nowNanos));
    }
  }

  /** Gives up what took too long; to be called every now and then. */
  void tick(long nowNanos) {
    boolean unlinked = link == null;
    long silent = nowNanos - unlinkedSince;
    for (Entry entry : List.copyOf(entries.values())) {
      if (!entry.started
          && !entry.workerId.isEmpty()
          && nowNanos - entry.assignedAt >= JOIN_PATIENCE.toNanos()) {
        refused(entry.id(), "worker " + entry.workerId + " has not joined the stage's coordinator");
      } else if (unlinked && !entry.started && silent >= LINK_PATIENCE.toNanos()) {
        entries.remove(entry.id());
        entry.listener.failed(
            new SlipwayException(
                ErrorKind.UNAVAILABLE,
                "no coordinator with the farm's queue was reached for "
                    + LINK_PATIENCE.toSeconds()
                    + " s: see the coordinators' logs"));
      } else if (unlinked && !entry.started && !silenceTold && silent >= SILENCE.toNanos()) {
        entry.listener.waiting(0, "the queue is moving to another coordinator");
      }
    }
    silenceTold |= unlinked && silent >= SILENCE.toNanos();
  }

  private static void start(Entry entry) {
    entry.started = true;
    entry.listener.assigned(entry.workerId);
  }

  private static final class Entry {
    final StageRequest request;
    final Scheduler.Listener listener;
    final long submittedAt;

    /** Empty while it waits. */
    String workerId = "";

    long assignedAt;

    /** Whether the listener was told of the worker. */
    boolean started;

    Entry(StageRequest request, Scheduler.Listener listener, long submittedAt) {
      this.request = request;
      this.listener = listener;
      this.submittedAt = submittedAt;
    }

    String id() {
      return request.stageId();
    }

    /** Never zero: the wire knows milliseconds, and a queue must see that it is not the first. */
    Past past(long nowNanos) {
      return new Past(
          Duration.ofMillis(Math.max(1, (nowNanos - submittedAt) / 1_000_000)),
          started ? workerId : "");
    }
  }
}
