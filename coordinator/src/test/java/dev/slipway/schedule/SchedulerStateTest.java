package dev.slipway.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.QueueSettings;
import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SchedulerStateTest {
  private static final Platform AMD64 = Platform.LINUX_AMD64;
  private static final Platform ARM64 = Platform.LINUX_ARM64;
  private static final long MIB = 1 << 20;

  private final Map<String, Recorder> recorders = new HashMap<>();

  /** Stage ids in the order in which they were assigned. */
  private final List<String> order = new ArrayList<>();

  private SchedulerState state = new SchedulerState(SchedulerConfig.DEFAULTS, 0);
  private long now;

  @Test
  void assignsAtOnceWhenAWorkerHasAFreeSlot() {
    join("w1", 1, AMD64);

    submit("s1", "b1", "t1");

    assertThat(heard("s1")).containsExactly("assigned w1");
  }

  @Test
  void keepsToTheSlotsOfAWorker() {
    join("w1", 2, AMD64);
    submit("s1", "b1", "t1");
    submit("s2", "b1", "t1");
    submit("s3", "b1", "t1");
    assertThat(heard("s3")).doesNotContain("assigned w1");

    handle(new SchedulerEvent.Finished("s1"));

    assertThat(heard("s3")).contains("assigned w1");
  }

  @Test
  void servesStagesOfOneBuildInOrder() {
    submit("s1", "b1", "t1");
    submit("s2", "b1", "t1");
    submit("s3", "b1", "t1");
    join("w1", 3, AMD64);

    assertThat(order).containsExactly("s1", "s2", "s3");
  }

  @Test
  void alternatesBetweenTenantsThenBuilds() {
    for (int i = 0; i < 4; i++) {
      submit("big" + i, "b1", "many");
    }
    for (int i = 0; i < 2; i++) {
      submit("also" + i, "b2", "many");
    }
    for (int i = 0; i < 2; i++) {
      submit("small" + i, "b3", "few");
    }
    join("w1", 1, AMD64);
    while (order.size() < 8) {
      handle(new SchedulerEvent.Finished(order.getLast()));
    }

    assertThat(order)
        .containsExactly("big0", "small0", "also0", "small1", "big1", "also1", "big2", "big3");
  }

  @Test
  void newBuildDoesNotWaitBehindALongOne() {
    join("w1", 4, AMD64);
    for (int i = 0; i < 100; i++) {
      submit("long" + i, "b1", "t1");
    }
    submit("new", "b2", "t1");

    handle(new SchedulerEvent.Finished("long0"));

    assertThat(heard("new")).contains("assigned w1");
  }

  @Test
  void boundsWhatOneTenantRuns() {
    state = new SchedulerState(config(10, 2), 0);
    join("w1", 4, AMD64);
    for (int i = 0; i < 4; i++) {
      submit("a" + i, "b1", "t1");
    }
    submit("other", "b2", "t2");
    assertThat(order).containsExactly("a0", "a1", "other");

    handle(new SchedulerEvent.Finished("a0"));

    assertThat(order).endsWith("a2");
  }

  @Test
  void prefersNativeWorkersAndEmulatesWhenTheyStayFull() {
    handle(
        new SchedulerEvent.WorkerJoined(
            new WorkerCapacity("amd", Set.of(AMD64), Set.of(ARM64), 8)));
    handle(new SchedulerEvent.WorkerJoined(new WorkerCapacity("arm", Set.of(ARM64), Set.of(), 1)));

    submit("s1", "b1", ARM64, Map.of("amd", 1000 * MIB));
    submit("s2", "b1", ARM64, Map.of());
    submit("s3", "b1", ARM64, Map.of());

    assertThat(heard("s1")).containsExactly("assigned arm");
    assertThat(heard("s2")).isEmpty();
    handle(new SchedulerEvent.Finished("s1"));
    assertThat(heard("s2")).containsExactly("assigned arm");
    pass(Duration.ofSeconds(9));
    assertThat(heard("s3")).containsExactly("waiting 0");
    pass(Duration.ofSeconds(1));
    assertThat(heard("s3")).containsExactly("waiting 0", "assigned amd");
  }

  @Test
  void emulatesAtOnceWhereNobodyIsNative() {
    handle(
        new SchedulerEvent.WorkerJoined(
            new WorkerCapacity("amd", Set.of(AMD64), Set.of(ARM64), 8)));

    submit("s1", "b1", ARM64, Map.of());

    assertThat(heard("s1")).containsExactly("assigned amd");
  }

  @Test
  void prefersTheWorkerThatHoldsTheInputs() {
    join("w1", 4, AMD64);
    join("w2", 4, AMD64);

    submit("s1", "b1", AMD64, Map.of("w2", 100 * MIB));

    assertThat(heard("s1")).containsExactly("assigned w2");
  }

  @Test
  void spreadsStagesWhoseInputsAreSmall() {
    join("w1", 4, AMD64);
    join("w2", 4, AMD64);

    submit("s1", "b1", AMD64, Map.of("w2", 5 * MIB));
    submit("s2", "b1", AMD64, Map.of("w2", 5 * MIB));

    assertThat(heard("s1")).containsExactly("assigned w2");
    assertThat(heard("s2")).containsExactly("assigned w1");
  }

  @Test
  void goesElsewhereWhenTheHolderIsFull() {
    join("w1", 1, AMD64);
    join("w2", 1, AMD64);

    submit("s1", "b1", AMD64, Map.of("w2", 9000 * MIB));
    submit("s2", "b1", AMD64, Map.of("w2", 9000 * MIB, "gone", 9000 * MIB));

    assertThat(heard("s2")).containsExactly("assigned w1");
  }

  @Test
  void stageOfABusyPlatformDoesNotBlockOthers() {
    join("arm", 1, ARM64);
    submit("s1", "b1", ARM64, Map.of());
    submit("s2", "b1", ARM64, Map.of());
    join("amd", 1, AMD64);

    submit("s3", "b1", AMD64, Map.of());

    assertThat(heard("s3")).containsExactly("assigned amd");
  }

  @Test
  void setsAWorkerAsideThatRefused() {
    join("w1", 1, AMD64);
    submit("s1", "b1", "t1");
    submit("s2", "b1", "t1");

    handle(new SchedulerEvent.Refused("s1", "no memory"));
    assertThat(order).containsExactly("s1");
    now += Duration.ofMillis(150).toNanos();
    handle(new SchedulerEvent.Ticked());

    assertThat(order).containsExactly("s1", "s1");
  }

  @Test
  void waitsLongerAfterEachRefusalInARow() {
    join("w1", 1, AMD64);
    submit("s1", "b1", "t1");
    handle(new SchedulerEvent.Refused("s1", "no memory"));
    now += Duration.ofMillis(100).toNanos();
    handle(new SchedulerEvent.Ticked());
    handle(new SchedulerEvent.Refused("s1", "no memory"));
    now += Duration.ofMillis(150).toNanos();
    handle(new SchedulerEvent.Ticked());
    assertThat(order).hasSize(2);

    now += Duration.ofMillis(50).toNanos();
    assertThat(state.nextWake()).isLessThanOrEqualTo(now);
    handle(new SchedulerEvent.Ticked());

    assertThat(order).hasSize(3);
  }

  @Test
  void otherWorkerTakesWhatOneRefused() {
    join("w1", 4, AMD64);
    submit("s1", "b1", "t1");
    join("w2", 1, AMD64);

    handle(new SchedulerEvent.Refused("s1", "no memory"));

    assertThat(heard("s1")).containsExactly("assigned w1", "assigned w2");
  }

  @Test
  void stagesOfALostWorkerAreLostOnceAndNotQueued() {
    join("w1", 2, AMD64);
    submit("s1", "b1", "t1");
    join("w2", 2, AMD64);

    handle(new SchedulerEvent.WorkerLeft("w1"));
    handle(new SchedulerEvent.WorkerLeft("w1"));
    handle(new SchedulerEvent.Finished("s1"));

    assertThat(heard("s1")).containsExactly("assigned w1", "lost w1");
    assertThat(state.stats())
        .isEqualTo(new SchedulerStats(0, 0, 1, 2, 1, 0, 1, SchedulerStats.Backlog.NONE));
    submit("s1", "b1", "t1");
    assertThat(heard("s1")).endsWith("assigned w2");
  }

  @Test
  void workerThatJoinsAgainLosesWhatItHad() {
    join("w1", 2, AMD64);
    submit("s1", "b1", "t1");

    join("w1", 1, AMD64);

    assertThat(heard("s1")).containsExactly("assigned w1", "lost w1");
    assertThat(state.stats().slots()).isEqualTo(1);
  }

  @Test
  void withdrawnStageIsNotAssigned() {
    submit("s1", "b1", "t1");
    handle(new SchedulerEvent.Withdrawn("s1"));
    handle(new SchedulerEvent.Withdrawn("s1"));

    join("w1", 2, AMD64);

    assertThat(order).isEmpty();
    assertThat(state.nextWake()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void waitsForAWorkerOfAPlatformThatNobodyOfferedYet() {
    handle(
        new SchedulerEvent.WorkerJoined(new WorkerCapacity("w1", Set.of(AMD64), Set.of(ARM64), 8)));
    Platform s390x = Platform.parse("linux/s390x");
    submit("s1", "b1", s390x, Map.of());
    submit("s2", "b1", s390x, Map.of());
    pass(Duration.ofSeconds(29));
    assertThat(heard("s1")).containsExactly("waiting 0: no worker for linux/s390x has joined");

    join("z", 1, s390x);
    assertThat(heard("s1")).endsWith("assigned z");
    handle(new SchedulerEvent.WorkerLeft("z"));
    pass(Duration.ofSeconds(31));

    assertThat(heard("s2"))
        .endsWith(
            "failed INVALID no worker can run linux/s390x: workers offer linux/amd64, linux/arm64, and none that can joined within 30s (queue.worker-patience)");
  }

  @Test
  void failsAtOnceWhenTheFarmIsNotMeantForThePlatform() {
    state =
        new SchedulerState(SchedulerConfig.with(QueueSettings.DEFAULT, Set.of(AMD64, ARM64)), 0);

    submit("s1", "b1", Platform.parse("linux/s390x"), Map.of());

    assertThat(heard("s1"))
        .containsExactly(
            "failed INVALID no worker may run linux/s390x: worker.oci.platforms allows linux/amd64, linux/arm64");
  }

  @Test
  void waitsForTheFirstWorkerButNotForEver() {
    submit("s1", "b1", "t1");
    now += Duration.ofSeconds(29).toNanos();
    handle(new SchedulerEvent.Ticked());
    assertThat(heard("s1")).containsExactly("waiting 0: no worker for linux/amd64 has joined");

    now += Duration.ofSeconds(2).toNanos();
    handle(new SchedulerEvent.Ticked());

    assertThat(heard("s1"))
        .endsWith(
            "failed UNAVAILABLE no worker can run linux/amd64: none has joined the farm for 30s (queue.worker-patience)");
  }

  @Test
  void waitsForAWorkerToComeBackBeforeItFailsItsPlatform() {
    join("amd", 1, AMD64);
    join("arm", 1, ARM64);
    handle(new SchedulerEvent.WorkerLeft("arm"));
    submit("s1", "b1", ARM64, Map.of());
    submit("s2", "b1", ARM64, Map.of());
    assertThat(heard("s1")).noneMatch(text -> text.startsWith("failed"));

    now += Duration.ofSeconds(10).toNanos();
    join("arm", 1, ARM64);
    assertThat(heard("s1")).endsWith("assigned arm");
    handle(new SchedulerEvent.WorkerLeft("arm"));
    now += Duration.ofSeconds(32).toNanos();
    handle(new SchedulerEvent.Ticked());

    assertThat(heard("s2"))
        .endsWith(
            "failed INVALID no worker can run linux/arm64: workers offer linux/amd64, and none that can joined within 30s (queue.worker-patience)");
  }

  @Test
  void turnsStagesAwayWhenTheQueueIsFull() {
    state = new SchedulerState(config(2, 9), 0);
    submit("s1", "b1", "t1");
    submit("s2", "b1", "t1");

    submit("s3", "b1", "t1");

    assertThat(heard("s3"))
        .containsExactly(
            "failed EXHAUSTED the farm's queue is full: 2 stages wait, as many as queue.max-waiting allows; try again later, add workers or raise it");
  }

  @Test
  void failsStagesThatWaitedTooLong() {
    join("w1", 1, AMD64);
    submit("s1", "b1", "t1");
    submit("s2", "b1", "t1");

    now += Duration.ofMinutes(61).toNanos();
    handle(new SchedulerEvent.Ticked());

    assertThat(heard("s2"))
        .endsWith(
            "failed EXHAUSTED no slot on a worker for linux/amd64 came free in 1h (queue.max-wait); try again later or add workers");
  }

  @Test
  void tellsPlacesWhenTheyMovedNoticeably() {
    join("w1", 1, AMD64);
    submit("s", "b1", "t1");
    for (int i = 0; i < 50; i++) {
      submit("s" + i, "b1", "t1");
    }
    now += Duration.ofSeconds(2).toNanos();
    handle(new SchedulerEvent.Ticked());
    assertThat(heard("s0")).containsExactly("waiting 0");
    assertThat(heard("s49")).containsExactly("waiting 49");

    handle(new SchedulerEvent.Finished("s"));
    now += Duration.ofSeconds(2).toNanos();
    handle(new SchedulerEvent.Ticked());

    assertThat(heard("s5")).containsExactly("waiting 5", "waiting 4");
    assertThat(heard("s49")).containsExactly("waiting 49");
  }

  @Test
  void rejectsAStageSubmittedTwice() {
    submit("s1", "b1", "t1");
    submit("s1", "b1", "t1");

    assertThat(heard("s1")).containsExactly("failed CONFLICT stage s1 was submitted twice");
  }

  private void join(String id, int slots, Platform platform) {
    handle(
        new SchedulerEvent.WorkerJoined(new WorkerCapacity(id, Set.of(platform), Set.of(), slots)));
  }

  private void submit(String stage, String build, String tenant) {
    submit(new StageRequest(stage, build, tenant, AMD64, Map.of()));
  }

  private void submit(
      String stage, String build, Platform platform, Map<String, Long> bytesByWorker) {
    submit(new StageRequest(stage, build, "t1", platform, bytesByWorker));
  }

  private void submit(StageRequest request) {
    handle(
        new SchedulerEvent.Submitted(
            request, recorders.computeIfAbsent(request.stageId(), _ -> new Recorder())));
  }

  private List<String> heard(String stage) {
    return recorders.get(stage).heard;
  }

  private void handle(SchedulerEvent event) {
    List<Notice> notices = state.handle(event, now);
    notices.forEach(Notice::deliver);
    order.addAll(
        notices.stream()
            .filter(Notice.Assigned.class::isInstance)
            .map(Notice::stageId)
            .collect(Collectors.toList()));
  }

  private void pass(Duration time) {
    now += time.toNanos();
    handle(new SchedulerEvent.Ticked());
  }

  private static SchedulerConfig config(int maxWaiting, int maxRunningPerTenant) {
    return TestQueues.config(
        maxWaiting, new QueueSettings.Limits(maxRunningPerTenant, 1000), Map.of());
  }
}
