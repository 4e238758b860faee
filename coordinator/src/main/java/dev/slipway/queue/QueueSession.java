package dev.slipway.queue;

import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.Past;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.SchedulerLoop;
import dev.slipway.schedule.StageRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one coordinator has in the queue of this one. When it ends, the queue has none of it any
 * more, whatever calls come late. @ThreadSafe
 */
final class QueueSession implements QueueLink {
  private static final Logger LOG = LoggerFactory.getLogger(QueueSession.class);

  private final SchedulerLoop loop;
  private final Consumer<News> audience;

  /**
   * Guards the fields below and the order of this session's events in the loop; never held while
   * waiting.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<String> stages = new HashSet<>();
  private boolean closed;

  /**
   * @param audience hears of the stages; called by the loop, must not block
   */
  QueueSession(SchedulerLoop loop, Consumer<News> audience) {
    this.loop = loop;
    this.audience = audience;
  }

  @Override
  public void submit(StageRequest request, Past past) {
    String stageId = request.stageId();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (!stages.add(stageId)) {
        LOG.atDebug().addKeyValue("stage", stageId).log("stage is in the queue already");
        return;
      }
      loop.submit(request, new Ears(stageId), past);
    } catch (SlipwayException e) {
      stages.remove(stageId);
      audience.accept(new News.Failed(stageId, e));
    } finally {
      lock.unlock();
    }
  }

  /** Wherever the stage is: one whose assignment is on its way is not wanted either. */
  @Override
  public void withdraw(String stageId) {
    if (drop(stageId)) {
      loop.forget(stageId);
    }
  }

  @Override
  public void finished(String stageId) {
    if (drop(stageId)) {
      loop.finished(stageId);
    }
  }

  @Override
  public void refused(String stageId, String reason) {
    lock.lock();
    try {
      if (stages.contains(stageId)) {
        loop.refused(stageId, reason);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      List.copyOf(stages).forEach(loop::forget);
      stages.clear();
    } finally {
      lock.unlock();
    }
  }

  private boolean drop(String stageId) {
    lock.lock();
    try {
      return stages.remove(stageId);
    } finally {
      lock.unlock();
    }
  }

  private void tell(News news) {
    boolean heard;
    lock.lock();
    try {
      heard = !closed;
    } finally {
      lock.unlock();
    }
    if (heard) {
      audience.accept(news);
    }
  }

  /** Hears the loop for one stage. */
  private final class Ears implements Scheduler.Listener {
    private final String stageId;

    Ears(String stageId) {
      this.stageId = stageId;
    }

    @Override
    public void assigned(String workerId) {
      tell(new News.Assigned(stageId, workerId));
    }

    @Override
    public void waiting(int ahead, String reason) {
      tell(new News.Waiting(stageId, ahead, reason));
    }

    @Override
    public void lost(String workerId) {
      drop(stageId);
      tell(new News.Lost(stageId, workerId));
    }

    @Override
    public void failed(SlipwayException reason) {
      drop(stageId);
      tell(new News.Failed(stageId, reason));
    }
  }
}
