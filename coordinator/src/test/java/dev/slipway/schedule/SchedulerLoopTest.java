package dev.slipway.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerLoopTest {
  private final List<Duration> queueTimes = new CopyOnWriteArrayList<>();
  private final SchedulerLoop loop =
      SchedulerLoop.start(SchedulerConfig.DEFAULTS, (_, waited) -> queueTimes.add(waited));

  @AfterEach
  void stop() {
    loop.close();
  }

  @Test
  void carriesAStageThroughItsLife() throws Exception {
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    loop.workerJoined(new WorkerCapacity("w1", Set.of(Platform.LINUX_AMD64), Set.of(), 1));
    loop.submit(request("s1"), first);
    loop.submit(request("s2"), second);
    await().until(() -> first.heard.contains("assigned w1"));
    assertThat(second.heard).doesNotContain("assigned w1");

    loop.finished("s1");
    await().until(() -> second.heard.contains("assigned w1"));
    loop.workerLeft("w1");

    await().until(() -> second.heard.contains("lost w1"));
    assertThat(queueTimes).hasSize(2);
    assertThat(loop.stats())
        .isEqualTo(new SchedulerStats(0, 0, 0, 0, 2, 0, 1, SchedulerStats.Backlog.NONE));
  }

  @Test
  void triesARefusedStageAgainByItself() throws Exception {
    Recorder listener = new Recorder();
    loop.workerJoined(new WorkerCapacity("w1", Set.of(Platform.LINUX_AMD64), Set.of(), 1));
    loop.submit(request("s1"), listener);
    await().until(() -> listener.heard.contains("assigned w1"));

    loop.refused("s1", "no memory");

    await().until(() -> listener.heard.stream().filter("assigned w1"::equals).count() == 2);
  }

  @Test
  void survivesAListenerThatThrows() throws Exception {
    Recorder listener = new Recorder();
    loop.workerJoined(new WorkerCapacity("w1", Set.of(Platform.LINUX_AMD64), Set.of(), 2));
    loop.submit(request("bad"), new Throwing());
    loop.submit(request("good"), listener);

    await().until(() -> listener.heard.contains("assigned w1"));
  }

  @Test
  void takesNothingAfterItStopped() {
    loop.close();

    assertThatThrownBy(() -> loop.submit(request("s1"), new Recorder()))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("stopping");
  }

  private static StageRequest request(String id) {
    return new StageRequest(id, "b1", "t1", Platform.LINUX_AMD64, Map.of());
  }

  private static final class Throwing implements Scheduler.Listener {
    @Override
    public void assigned(String workerId) {
      throw new IllegalStateException("expected by the test");
    }

    @Override
    public void waiting(int ahead, String reason) {}

    @Override
    public void lost(String workerId) {}

    @Override
    public void failed(SlipwayException reason) {}
  }
}
