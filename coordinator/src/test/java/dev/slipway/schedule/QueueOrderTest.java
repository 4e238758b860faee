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
import org.junit.jupiter.api.Test;

/** Tenants, priorities, labels, bounds, and what another queue had before. */
class QueueOrderTest {
  private static final Platform AMD64 = Platform.LINUX_AMD64;

  private final Map<String, Recorder> recorders = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private SchedulerState state = new SchedulerState(SchedulerConfig.DEFAULTS, 0);
  private long now;

  @Test
  void servesBuildsOfHigherPriorityFirstInsideATenant() {
    submit("low1", "low", "t1", -100);
    submit("a1", "a", "t1", 0);
    submit("a2", "a", "t1", 0);
    submit("b1", "b", "t1", 0);
    submit("high1", "high", "t1", 100);
    submit("high2", "high", "t1", 100);
    join("w1", 1, Map.of());
    finishAll(6);

    assertThat(order).containsExactly("high1", "high2", "a1", "b1", "a2", "low1");
  }

  @Test
  void priorityGivesNoAdvantageOverAnotherTenant() {
    submit("high1", "high", "t1", 100);
    submit("high2", "high", "t1", 100);
    submit("low1", "low", "t2", -100);
    join("w1", 1, Map.of());
    finishAll(3);

    assertThat(order).containsExactly("high1", "low1", "high2");
  }

  @Test
  void placesFollowPriorityAndTenants() {
    join("w1", 1, Map.of());
    submit("running", "r", "t3", 0);
    submit("low1", "low", "t1", -100);
    submit("high1", "high", "t1", 100);
    submit("other1", "other", "t2", 0);
    pass(Duration.ofSeconds(1));

    assertThat(heard("high1")).containsExactly("waiting 0");
    assertThat(heard("other1")).containsExactly("waiting 1");
    assertThat(heard("low1")).containsExactly("waiting 2");
  }

  @Test
  void stagesGoToWorkersThatHaveTheirLabels() {
    join("plain", 4, Map.of());
    join("gpu", 1, Map.of("gpu", "true", "zone", "a"));
    Map<String, String> gpu = Map.of("gpu", "true");

    submit("s1", "b1", "t1", 0, gpu);
    submit("s2", "b1", "t1", 0, gpu);
    submit("s3", "b1", "t1", 0, Map.of());

    assertThat(heard("s1")).containsExactly("assigned gpu");
    assertThat(heard("s2")).isEmpty();
    assertThat(heard("s3")).containsExactly("assigned plain");
    join("gpu2", 1, Map.of("gpu", "true"));
    assertThat(heard("s2")).containsExactly("assigned gpu2");
  }

  @Test
  void failsWhatAsksForLabelsThatNobodyHas() {
    join("plain", 4, Map.of());
    submit("s1", "b1", "t1", 0, Map.of("gpu", "true", "zone", "a"));
    pass(Duration.ofSeconds(1));
    assertThat(heard("s1"))
        .containsExactly("waiting 0: no worker for linux/amd64 with gpu=true, zone=a has joined");

    pass(Duration.ofSeconds(30));

    assertThat(heard("s1"))
        .endsWith(
            "failed INVALID no worker can run linux/amd64 with gpu=true, zone=a: no worker for linux/amd64 has these labels, and none that can joined within 30s (queue.worker-patience)");
  }

  @Test
  void poolsOfLabelsGoWithTheStagesThatAskedForThem() {
    join("gpu", 1, Map.of("gpu", "true"));
    for (int i = 0; i < 300; i++) {
      submit("s" + i, "b1", "t1", 0, Map.of("nobody", "has" + i));
    }

    assertThat(heard("s299"))
        .singleElement()
        .asString()
        .startsWith("failed EXHAUSTED stages wait for 256 different sets of worker labels already");
    pass(Duration.ofSeconds(31));
    submit("late", "b1", "t1", 0, Map.of("gpu", "true"));
    assertThat(heard("late")).containsExactly("assigned gpu");
    pass(Duration.ofSeconds(31));
    handle(new SchedulerEvent.Finished("late"));
    submit("later", "b1", "t1", 0, Map.of("gpu", "true"));
    assertThat(heard("later")).containsExactly("assigned gpu");
  }

  @Test
  void boundsATenantAndSaysSoWhileItWaits() {
    state = new SchedulerState(teamA(2, 3), 0);
    join("w1", 4, Map.of());
    for (int i = 0; i < 5; i++) {
      submit("a" + i, "b1", "team-a", 0);
    }
    submit("a5", "b1", "team-a", 0);
    submit("other", "b2", "team-b", 0);
    pass(Duration.ofSeconds(1));

    assertThat(order).containsExactly("a0", "a1", "other");
    assertThat(heard("a2")).containsExactly("waiting 0: tenant team-a runs 2 of 2 stages");
    assertThat(heard("a4")).containsExactly("waiting 2: tenant team-a runs 2 of 2 stages");
    assertThat(heard("a5"))
        .containsExactly(
            "failed EXHAUSTED the queue takes no more of tenant team-a: 3 of its stages wait, as many as queue.tenant.team-a.max-waiting allows; try again when some of its builds have ended, or have it raised");
    assertThat(state.stats().backlog().tenants())
        .isEqualTo(Map.of("team-a", new SchedulerStats.Share(3, 2)));
    handle(new SchedulerEvent.Finished("a0"));
    assertThat(order).endsWith("a2");
  }

  @Test
  void noBoundTurnsAwayWhatLostItsPlaceWithAWorker() {
    state = new SchedulerState(teamA(1, 1), 0);
    join("w1", 1, Map.of());
    submit("a0", "b1", "team-a", 0);
    submit("a1", "b1", "team-a", 0);

    handle(
        new SchedulerEvent.Submitted(
            new StageRequest("a2", "b1", "team-a", 0, new Demand(AMD64, Map.of()), Map.of(), true),
            recorder("a2")));
    handle(new SchedulerEvent.Finished("a0"));
    handle(new SchedulerEvent.Finished("a1"));

    assertThat(order).containsExactly("a0", "a1", "a2");
  }

  @Test
  void drainingWorkerKeepsWhatItHasAndGetsNothingMore() {
    join("w1", 2, Map.of());
    submit("s1", "b1", "t1", 0);
    handle(new SchedulerEvent.WorkerDraining("w1"));
    handle(new SchedulerEvent.WorkerDraining("w1"));

    submit("s2", "b1", "t1", 0);

    assertThat(heard("s2")).isEmpty();
    assertThat(state.stats().slots()).isZero();
    handle(new SchedulerEvent.Finished("s1"));
    assertThat(heard("s2")).isEmpty();
    handle(new SchedulerEvent.WorkerLeft("w1"));
    assertThat(heard("s1")).containsExactly("assigned w1");
    join("w1", 1, Map.of());
    assertThat(heard("s2")).containsExactly("assigned w1");
  }

  @Test
  void workerThatRefusedIsBackWhenOneOfItsStagesEnds() {
    join("w1", 2, Map.of());
    submit("s1", "b1", "t1", 0);
    submit("s2", "b1", "t1", 0);
    handle(new SchedulerEvent.Refused("s2", "no memory"));
    assertThat(order).containsExactly("s1", "s2");

    handle(new SchedulerEvent.Finished("s1"));

    assertThat(order).containsExactly("s1", "s2", "s2");
  }

  @Test
  void isNeverAsideLongerThanSixteenTimesTheFirst() {
    join("w1", 1, Map.of());
    submit("s1", "b1", "t1", 0);
    for (int i = 0; i < 20; i++) {
      handle(new SchedulerEvent.Refused("s1", "disk full"));
      now += Duration.ofMillis(1600).toNanos();
      handle(new SchedulerEvent.Ticked());
      assertThat(order).hasSize(i + 2);
    }
  }

  @Test
  void countsWhatAnotherQueueHadPlacedWithoutPlacingItAgain() {
    join("w1", 2, Map.of());
    resubmit("s1", "w1", Duration.ofSeconds(3));
    submit("s2", "b1", "t1", 0);
    submit("s3", "b1", "t1", 0);

    assertThat(heard("s1")).isEmpty();
    assertThat(order).containsExactly("s2");
    handle(new SchedulerEvent.Finished("s1"));
    assertThat(order).containsExactly("s2", "s3");
  }

  @Test
  void waitsForTheWorkerOfAPlacedStageAndLosesItOtherwise() {
    resubmit("s1", "w1", Duration.ofSeconds(3));
    resubmit("s2", "w2", Duration.ofSeconds(3));
    join("w1", 1, Map.of());
    submit("s3", "b1", "t1", 0);
    pass(Duration.ofSeconds(4));
    assertThat(heard("s1")).isEmpty();
    assertThat(heard("s2")).isEmpty();
    assertThat(heard("s3")).containsExactly("waiting 0");

    pass(Duration.ofSeconds(2));

    assertThat(heard("s2")).containsExactly("lost w2");
    assertThat(heard("s1")).isEmpty();
    assertThat(state.stats().running()).isEqualTo(1);
  }

  @Test
  void keepsTheTimeThatAStageWaitedBefore() {
    join("w1", 1, Map.of());
    submit("s1", "b1", "t1", 0);
    resubmit("s2", "", Duration.ofMinutes(59));
    submit("s3", "b1", "t1", 0);

    pass(Duration.ofSeconds(61));

    assertThat(heard("s2")).anyMatch(text -> text.startsWith("failed EXHAUSTED no slot"));
    assertThat(heard("s3")).noneMatch(text -> text.startsWith("failed"));
  }

  @Test
  void turnsNothingAwayThatAnotherQueueHadAdmitted() {
    state = new SchedulerState(teamA(1, 1), 0);
    submit("s1", "b1", "team-a", 0);

    handle(
        new SchedulerEvent.Submitted(
            new StageRequest("s2", "b1", "team-a", AMD64, Map.of()),
            recorder("s2"),
            new Past(Duration.ofMillis(1), "")));

    assertThat(heard("s2")).isEmpty();
    assertThat(state.stats().waiting()).isEqualTo(2);
  }

  @Test
  void assignsNothingForAMomentAfterATakeover() {
    join("w1", 2, Map.of());
    handle(new SchedulerEvent.TakenOver());
    resubmit("s2", "", Duration.ofSeconds(1));
    resubmit("s1", "w1", Duration.ofSeconds(1));
    resubmit("s3", "w1", Duration.ofSeconds(1));
    assertThat(order).isEmpty();
    assertThat(state.nextWake()).isLessThanOrEqualTo(Duration.ofSeconds(1).toNanos());

    pass(Duration.ofSeconds(1));
    assertThat(order).isEmpty();
    handle(new SchedulerEvent.Finished("s1"));

    assertThat(order).containsExactly("s2");
  }

  @Test
  void forgetsAStageWhetherItWaitsOrRuns() {
    join("w1", 1, Map.of());
    submit("s1", "b1", "t1", 0);
    submit("s2", "b1", "t1", 0);
    submit("s3", "b1", "t1", 0);

    handle(new SchedulerEvent.Forgotten("s2"));
    handle(new SchedulerEvent.Forgotten("s1"));

    assertThat(order).containsExactly("s1", "s3");
    assertThat(state.stats().waiting()).isZero();
    assertThat(state.stats().running()).isEqualTo(1);
  }

  @Test
  void tellsWhatWaitsByPlatformAndTheOldest() {
    Platform arm = Platform.LINUX_ARM64;
    handle(
        new SchedulerEvent.Submitted(
            new StageRequest("s1", "b1", "t1", arm, Map.of()), recorder("s1")));
    submit("s2", "b1", "t1", 0);
    submit("s3", "b1", "t1", 0, Map.of("gpu", "true"));
    pass(Duration.ofSeconds(7));

    assertThat(state.stats().backlog().byPlatform()).isEqualTo(Map.of(arm, 1, AMD64, 2));
    assertThat(state.stats().backlog().oldest()).isEqualTo(Duration.ofSeconds(7));
    handle(new SchedulerEvent.Withdrawn("s1"));
    handle(new SchedulerEvent.Withdrawn("s2"));
    handle(new SchedulerEvent.Withdrawn("s3"));
    assertThat(state.stats().backlog()).isEqualTo(SchedulerStats.Backlog.NONE);
  }

  private void finishAll(int stages) {
    while (order.size() < stages) {
      handle(new SchedulerEvent.Finished(order.getLast()));
    }
  }

  private static SchedulerConfig teamA(int maxRunning, int maxWaiting) {
    return TestQueues.config(
        100,
        new QueueSettings.Limits(100, 100),
        Map.of("team-a", new QueueSettings.Limits(maxRunning, maxWaiting)));
  }

  private void join(String id, int slots, Map<String, String> labels) {
    handle(
        new SchedulerEvent.WorkerJoined(
            new WorkerCapacity(id, Set.of(AMD64), Set.of(), slots, labels)));
  }

  private void submit(String stage, String build, String tenant, int priority) {
    submit(stage, build, tenant, priority, Map.of());
  }

  private void submit(
      String stage, String build, String tenant, int priority, Map<String, String> labels) {
    handle(
        new SchedulerEvent.Submitted(
            new StageRequest(
                stage, build, tenant, priority, new Demand(AMD64, labels), Map.of(), false),
            recorder(stage)));
  }

  private void resubmit(String stage, String runningOn, Duration waited) {
    handle(
        new SchedulerEvent.Submitted(
            new StageRequest(stage, "b1", "t1", AMD64, Map.of()),
            recorder(stage),
            new Past(waited, runningOn)));
  }

  private Recorder recorder(String stage) {
    return recorders.computeIfAbsent(stage, _ -> new Recorder());
  }

  private List<String> heard(String stage) {
    return recorders.get(stage).heard;
  }

  private void pass(Duration time) {
    now += time.toNanos();
    handle(new SchedulerEvent.Ticked());
  }

  private void handle(SchedulerEvent event) {
    for (Notice notice : state.handle(event, now)) {
      notice.deliver();
      if (notice instanceof Notice.Assigned) {
        order.add(notice.stageId());
      }
    }
  }
}
