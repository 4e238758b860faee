package dev.slipway.queue;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.SchedulerLoop;
import dev.slipway.schedule.SchedulerStats;
import dev.slipway.schedule.StageRequest;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The farm's queue as the builds of this coordinator see it, wherever it is. The workers are told
 * to the local loop too, so that it can take the queue over at once. One thread owns the {@link
 * StageBook} and the link; all others only enqueue. @ThreadSafe
 */
public final class FarmScheduler implements Scheduler, WorkerChanges, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FarmScheduler.class);

  /** How often the book looks at what takes too long, while it has something. */
  private static final Duration TICK = Duration.ofMillis(500);

  /** Between calls to a coordinator that does not take them; doubles up to the second. */
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);

  private static final Duration LAST_RETRY = Duration.ofSeconds(2);

  /**
   * Stages of this coordinator that wait or run, in thousands of builds; each is some kilobytes.
   */
  private static final int MAX_STAGES = 200_000;

  /** How long {@link #close} waits for a listener that is being called. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

  private final SchedulerLoop loop;
  private final QueueService service;
  private final Leadership leadership;

  /** Not bounded by itself: submissions are by {@link #MAX_STAGES}, all else follows one. */
  private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();

  private final AtomicInteger stages = new AtomicInteger();
  private final Thread thread;
  private volatile boolean stopped;
  private volatile boolean leads;

  // Owned by the thread.
  private final StageBook book = new StageBook(System.nanoTime());
  private @Nullable QueueLink link;
  private String leader = "";
  private long term;
  private Duration retry = FIRST_RETRY;
  private long retryAt = System.nanoTime();
  private long ticked = System.nanoTime();

  private FarmScheduler(SchedulerLoop loop, QueueService service, Leadership leadership) {
    this.loop = loop;
    this.service = service;
    this.leadership = leadership;
    this.thread = Thread.ofVirtual().name("farm-queue").unstarted(this::drain);
  }

  /**
   * Starts to follow the queue.
   *
   * @param loop the queue when this coordinator is the oldest
   * @param service through which the others reach it
   */
  public static FarmScheduler start(
      SchedulerLoop loop, QueueService service, Leadership leadership) {
    FarmScheduler scheduler = new FarmScheduler(loop, service, leadership);
    leadership.onChange(() -> scheduler.post(scheduler::follow));
    scheduler.post(scheduler::follow);
    scheduler.thread.start();
    return scheduler;
  }

  /** Whether the farm's queue is on this coordinator. */
  public boolean leads() {
    return leads;
  }

  /** The farm's queue; what waits and runs is nothing when it is elsewhere. */
  public SchedulerStats stats() {
    return loop.stats();
  }

  @Override
  public void submit(StageRequest request, Listener listener) throws SlipwayException {
    if (stopped) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "stage " + request.stageId() + " was not queued: the coordinator is stopping");
    }
    if (stages.get() + events.size() >= MAX_STAGES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "this coordinator has "
              + MAX_STAGES
              + " stages already, which is the most; try again later or at another coordinator");
    }
    post(() -> book.submit(request, listener, System.nanoTime()));
  }

  @Override
  public void withdraw(String stageId) {
    post(() -> book.withdraw(stageId));
  }

  @Override
  public void finished(String stageId) {
    post(() -> book.finished(stageId));
  }

  @Override
  public void refused(String stageId, String reason) {
    post(() -> book.refused(stageId, reason));
  }

  /** The book first: an assignment must find the worker there. */
  @Override
  public void workerJoined(WorkerCapacity worker) {
    post(() -> book.workerJoined(worker.workerId()));
    loop.workerJoined(worker);
  }

  @Override
  public void workerDraining(String workerId) {
    loop.workerDraining(workerId);
  }

  /** The loop first: it must not give the slots that come free to others. */
  @Override
  public void workerLeft(String workerId) {
    loop.workerLeft(workerId);
    post(() -> book.workerLeft(workerId));
  }

  /** Stops; listeners hear nothing more. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join(STOP_PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void post(Runnable event) {
    events.add(event);
  }

  private void drain() {
    try {
      while (!stopped) {
        Runnable event = next();
        long now = System.nanoTime();
        try {
          if (event != null) {
            event.run();
          }
          if (now - ticked >= TICK.toNanos()) {
            ticked = now;
            book.tick(now);
          }
          if (link == null && now - retryAt >= 0) {
            follow();
          }
        } catch (RuntimeException e) {
          LOG.atError().setCause(e).log("an event of the queue could not be handled");
        }
        stages.set(book.size());
      }
    } catch (InterruptedException _) {
      LOG.debug("queue not followed any more");
    } finally {
      stopped = true;
      service.lead(false);
      if (link != null) {
        link.close();
      }
    }
  }

  private @Nullable Runnable next() throws InterruptedException {
    if (link == null) {
      long wait = Math.min(TICK.toNanos(), retryAt - System.nanoTime());
      return events.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
    }
    return book.size() == 0 ? events.take() : events.poll(TICK.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Goes to the queue where it is now; nothing changes when it is where it was. */
  private void follow() {
    List<String> live = leadership.live();
    String now = live.isEmpty() ? "" : live.getFirst();
    if (leads) {
      service.keep(live);
    }
    if (link != null && now.equals(leader)) {
      return;
    }
    drop();
    boolean moved = !now.equals(leader);
    leader = now;
    retryAt = System.nanoTime() + retry.toNanos();
    if (now.isEmpty()) {
      return;
    }
    if (moved) {
      LOG.atInfo()
          .addKeyValue("coordinator", now)
          .addKeyValue("here", now.equals(leadership.self()))
          .addKeyValue("stages", book.size())
          .log("the farm's queue is followed");
    }
    if (now.equals(leadership.self())) {
      lead(live.size() > 1);
    } else {
      dial(now);
    }
  }

  /**
   * @param others whether they may have had the queue before: then they are given the time to say
   *     what runs
   */
  private void lead(boolean others) {
    if (others) {
      loop.takeOver();
    }
    leads = true;
    service.lead(true);
    connect(new QueueSession(loop, audience()));
  }

  private void dial(String coordinator) {
    long opened = term;
    try {
      connect(
          RemoteQueue.open(
              leadership.channel(coordinator),
              leadership.self(),
              audience(),
              reason -> post(() -> broken(opened, reason))));
    } catch (SlipwayException e) {
      LOG.atWarn()
          .addKeyValue("coordinator", coordinator)
          .addKeyValue("reason", e.getMessage())
          .log("the farm's queue cannot be reached, it is tried again");
      longerRetry();
    }
  }

  /** News of one link; those of links that are gone are not heard. */
  private Consumer<News> audience() {
    long opened = term;
    return news -> post(() -> heard(opened, news));
  }

  private void heard(long opened, News news) {
    if (opened == term) {
      retry = FIRST_RETRY;
      book.heard(news, System.nanoTime());
    }
  }

  private void broken(long opened, String reason) {
    if (opened != term) {
      return;
    }
    LOG.atWarn()
        .addKeyValue("coordinator", leader)
        .addKeyValue("reason", reason)
        .log("the link to the farm's queue broke, it is opened again");
    drop();
    longerRetry();
  }

  private void longerRetry() {
    retryAt = System.nanoTime() + retry.toNanos();
    retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
  }

  private void connect(QueueLink to) {
    link = to;
    book.connected(to, System.nanoTime());
  }

  private void drop() {
    term++;
    if (leads) {
      leads = false;
      service.lead(false);
    }
    if (link != null) {
      link.close();
      link = null;
      book.disconnected(System.nanoTime());
    }
  }
}
