package dev.slipway.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.config.QueueSettings;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.SchedulerConfig;
import dev.slipway.schedule.WorkerCapacity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three coordinators over real gRPC. */
class FarmSchedulerTest {
  /** As configured by nobody, with a shorter pause at a takeover. */
  private static final SchedulerConfig CONFIG =
      new SchedulerConfig(
          QueueSettings.DEFAULT,
          Set.of(),
          Duration.ofMillis(100),
          Duration.ofSeconds(1),
          Duration.ofMillis(200),
          Duration.ofSeconds(5));

  private final TestCoordinators farm = new TestCoordinators();
  private TestCoordinators.One a;
  private TestCoordinators.One b;
  private TestCoordinators.One c;

  private void start() throws Exception {
    a = farm.start("a", CONFIG);
    b = farm.start("b", CONFIG);
    c = farm.start("c", CONFIG);
    farm.see("a", "b", "c");
    await().until(() -> a.scheduler.leads());
  }

  @AfterEach
  void stop() {
    farm.close();
  }

  private void join(String worker, int slots) {
    farm.join(new WorkerCapacity(worker, Set.of(Platform.LINUX_AMD64), Set.of(), slots));
  }

  @Test
  void allStagesWaitInOneQueue() throws Exception {
    start();
    join("w1", 1);
    Build first = new Build("s1").submitTo(b);
    await().until(first::isRunning);
    Build second = new Build("s2").submitTo(c);
    Build third = new Build("s3").submitTo(a);

    await().until(() -> second.heard.contains("waiting 0") || third.heard.contains("waiting 0"));
    await().until(() -> a.loop.stats().waiting() == 2);
    assertThat(b.scheduler.stats().waiting()).isZero();
    first.finish(b);
    await().until(() -> second.isRunning() || third.isRunning());
    assertThat(second.isRunning() && third.isRunning()).isFalse();
  }

  @Test
  void theNextOldestGoesOnWithWhatWaitsAndWhatRuns() throws Exception {
    start();
    join("w1", 2);
    Build runningB = new Build("b-runs").submitTo(b);
    Build runningC = new Build("c-runs").submitTo(c);
    await().until(() -> runningB.isRunning() && runningC.isRunning());
    Build waitingA = new Build("a-waits").submitTo(a);
    Build waitingB = new Build("b-waits").submitTo(b);
    Build waitingC = new Build("c-waits").submitTo(c);
    await().until(() -> a.loop.stats().waiting() == 3);

    farm.kill("a");
    farm.see("b", "c");

    await().until(() -> b.loop.stats().running() == 2 && b.loop.stats().waiting() == 2);
    assertThat(b.scheduler.leads()).isTrue();
    assertThat(runningB.turns()).containsExactly("assigned w1");
    runningC.finish(c);
    await().until(() -> waitingB.isRunning() || waitingC.isRunning());
    runningB.finish(b);
    await().until(() -> waitingB.isRunning() && waitingC.isRunning());
    assertThat(runningB.twice || runningC.twice || waitingB.twice || waitingC.twice).isFalse();
    assertThat(waitingA.isRunning()).isFalse();
    assertThat(b.loop.stats().running()).isEqualTo(2);
  }

  @Test
  void whatACoordinatorHadGoesWithIt() throws Exception {
    start();
    join("w1", 1);
    Build running = new Build("b-runs").submitTo(b);
    await().until(running::isRunning);
    new Build("b-waits").submitTo(b);
    Build waiting = new Build("c-waits").submitTo(c);
    await().until(() -> a.loop.stats().waiting() == 2);

    farm.kill("b");

    await().until(waiting::isRunning);
    assertThat(a.loop.stats().waiting()).isZero();
    assertThat(a.loop.stats().running()).isEqualTo(1);
  }

  @Test
  void aBrokenLinkIsOpenedAgainAndNothingIsLostOrRunTwice() throws Exception {
    start();
    join("w1", 1);
    Build running = new Build("s1").submitTo(b);
    await().until(running::isRunning);
    Build waiting = new Build("s2").submitTo(b);
    await().until(() -> a.loop.stats().waiting() == 1);

    b.cut("a");

    await().until(() -> a.loop.stats().waiting() == 1 && a.loop.stats().running() == 1);
    running.finish(b);
    await().until(waiting::isRunning);
    assertThat(running.turns()).containsExactly("assigned w1");
    assertThat(waiting.twice).isFalse();
  }

  @Test
  void aWorkerThatDiesLosesItsStagesOfAllCoordinators() throws Exception {
    start();
    join("w1", 3);
    Build ofA = new Build("a1").submitTo(a);
    Build ofB = new Build("b1").submitTo(b);
    await().until(() -> ofA.isRunning() && ofB.isRunning());

    farm.leave("w1");

    await().until(() -> ofA.heard.contains("lost w1") && ofB.heard.contains("lost w1"));
    await().until(() -> a.loop.stats().running() == 0);
  }

  @Test
  void refusalsAndPlacesCrossTheWire() throws Exception {
    start();
    join("w1", 1);
    Build first = new Build("s1").submitTo(b);
    await().until(first::isRunning);
    Build second = new Build("s2").submitTo(c);
    await().until(() -> second.heard.contains("waiting 0"));

    first.running.decrementAndGet();
    b.scheduler.refused("s1", "no memory");

    await().until(() -> first.isRunning() || second.isRunning());
    Build foreign = new Build("s3");
    c.scheduler.submit(
        new dev.slipway.schedule.StageRequest(
            "s3", "x", "t1", Platform.parse("linux/s390x"), java.util.Map.of()),
        foreign);
    await().until(() -> foreign.heard.contains("waiting 0: no worker for linux/s390x has joined"));
  }

  @Test
  void nothingIsLostOrRunTwiceWhateverHappensToTheLeaders() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    start();
    join("w1", 3);
    join("w2", 2);
    List<Build> builds = new ArrayList<>();
    List<TestCoordinators.One> owners = List.of(b, c);
    for (int i = 0; i < 40; i++) {
      builds.add(new Build("s" + i).submitTo(owners.get(i % 2)));
    }
    String[][] views = {{"a", "b", "c"}, {"b", "c"}, {"c", "b"}, {"a", "c", "b"}, {"c", "a", "b"}};
    int ended = 0;
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (ended < 40 && System.nanoTime() < deadline) {
      for (int i = 0; i < 40; i++) {
        if (builds.get(i).isRunning() && random.nextInt(3) == 0) {
          builds.get(i).finish(owners.get(i % 2));
          ended++;
        }
      }
      switch (random.nextInt(12)) {
        case 0 -> farm.see(views[random.nextInt(views.length)]);
        case 1 -> b.cut(random.nextBoolean() ? "a" : "c");
        case 2 -> c.cut(random.nextBoolean() ? "a" : "b");
        default -> Thread.sleep(20); // lets the queue move on between the blows
      }
    }

    assertThat(ended).as("seed %d", seed).isEqualTo(40);
    assertThat(builds).as("seed %d", seed).noneMatch(build -> build.twice);
    assertThat(builds).as("seed %d", seed).allMatch(build -> build.turns().size() == 1);
  }
}
