package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.progress.BuildArchive;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.Changes;
import dev.slipway.progress.StageNews;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The builds by ref: those that run, and the last ones that ended, for readers that come
 * late. @ThreadSafe
 */
public final class BuildJobs implements BuildReport, BuildArchive {
  /** Builds at once; each costs some threads and its progress. */
  private static final int MAX_RUNNING = 1000;

  /** Ended builds that can still be asked for. */
  private static final int MAX_ENDED = 100;

  /** Those among them that are clients' own questions. */
  private static final int MAX_PROBES = 20;

  /** Bytes that ended builds may take: their progress and their steps. */
  private static final long MAX_ENDED_BYTES = 128L << 20;

  private final Clock clock;
  private final Changes changes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition opened = lock.newCondition();

  // Guarded by lock.
  private final Map<String, BuildJob> running = new LinkedHashMap<>();
  private final Deque<BuildJob> ended = new ArrayDeque<>();

  public BuildJobs(Clock clock) {
    this(clock, new Changes());
  }

  /**
   * The same.
   *
   * @param changes is told of everything that pages show
   */
  public BuildJobs(Clock clock, Changes changes) {
    this.clock = clock;
    this.changes = changes;
  }

  /** Told of everything that pages show. */
  Changes changes() {
    return changes;
  }

  /**
   * Lets the build be found. @throws SlipwayException CONFLICT when one with its ref runs,
   * EXHAUSTED when too many run
   */
  void open(BuildJob job) throws SlipwayException {
    lock.lock();
    try {
      if (running.containsKey(job.ref())) {
        throw new SlipwayException(ErrorKind.CONFLICT, "job ID " + job.ref() + " exists");
      }
      if (running.size() >= MAX_RUNNING) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED, "the farm runs " + MAX_RUNNING + " builds already");
      }
      running.put(job.ref(), job);
      opened.signalAll();
    } finally {
      lock.unlock();
    }
    changes.happened();
  }

  /**
   * Ends the build: its calls are interrupted, its progress comes to its end and stays readable for
   * a while.
   */
  void close(BuildJob job, BuildSummary.State state, Optional<String> error) {
    job.complete(state, error, clock.instant());
    job.gateway().end();
    job.progress().close();
    lock.lock();
    try {
      running.remove(job.ref(), job);
      ended.removeIf(older -> older.ref().equals(job.ref()));
      ended.addLast(job);
      forgetProbes();
      long bytes = ended.stream().mapToLong(BuildJob::size).sum();
      while (ended.size() > MAX_ENDED + MAX_PROBES
          || (bytes > MAX_ENDED_BYTES && ended.size() > 1)) {
        bytes -= ended.removeFirst().size();
      }
    } finally {
      lock.unlock();
    }
    changes.happened();
  }

  /** Clients make several for each build, and nobody looks at them later. */
  private void forgetProbes() {
    long probes = ended.stream().filter(BuildJob::isInternal).count();
    Iterator<BuildJob> oldest = ended.iterator();
    while (probes > MAX_PROBES) {
      if (oldest.next().isInternal()) {
        oldest.remove();
        probes--;
      }
    }
  }

  /**
   * Returns the build, running or ended, waiting for it to appear. @throws SlipwayException
   * NOT_FOUND when it does not in time
   */
  BuildJob await(String ref, Duration patience) throws SlipwayException, InterruptedException {
    return await(ref, patience, _ -> true);
  }

  /**
   * Returns the running build that the client's own frontend may work for. @throws SlipwayException
   * NOT_FOUND when there is none in time
   */
  GatewayBuild awaitGateway(String ref, Duration patience)
      throws SlipwayException, InterruptedException {
    return await(ref, patience, BuildJob::takesGatewayCalls).gateway();
  }

  private BuildJob await(String ref, Duration patience, Predicate<BuildJob> wanted)
      throws SlipwayException, InterruptedException {
    long left = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (true) {
        BuildJob job = running.get(ref);
        if (job == null) {
          job = ended.stream().filter(old -> old.ref().equals(ref)).findFirst().orElse(null);
        }
        if (job != null && wanted.test(job)) {
          return job;
        }
        if (left <= 0) {
          throw new UnknownBuild(ref);
        }
        left = opened.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Number of builds that run. */
  public int running() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<BuildSummary> recent() {
    List<BuildJob> jobs;
    lock.lock();
    try {
      jobs = new ArrayList<>(ended);
      jobs.addAll(running.values());
    } finally {
      lock.unlock();
    }
    return jobs.reversed().stream()
        .filter(job -> !job.isInternal())
        .map(BuildJob::summary)
        .toList();
  }

  @Override
  public Optional<BuildDetail> find(String id) {
    Optional<BuildJob> found;
    lock.lock();
    try {
      found =
          Optional.ofNullable(running.get(id))
              .or(() -> ended.stream().filter(job -> job.ref().equals(id)).findFirst());
    } finally {
      lock.unlock();
    }
    return found.filter(job -> !job.isInternal()).map(BuildJob::detail);
  }

  @Override
  public void stage(String buildId, StageNews news) {
    lock.lock();
    try {
      BuildJob job = running.get(buildId);
      if (job != null) {
        job.add(news);
      }
    } finally {
      lock.unlock();
    }
    changes.happened();
  }

  @Override
  public void step(String buildId, Step step) {
    lock.lock();
    try {
      BuildJob job = running.get(buildId);
      if (job != null) {
        job.add(step);
      }
    } finally {
      lock.unlock();
    }
    changes.happened();
  }
}
