package dev.slipway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.Past;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.StageRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StageBookTest {
  private final StageBook book = new StageBook(0);
  private final Map<String, List<String>> heard = new HashMap<>();
  private final FakeLink first = new FakeLink();
  private final FakeLink second = new FakeLink();
  private long now;

  @Test
  void keepsStagesUntilThereIsAQueueAndThenTellsThemInOrder() {
    submit("s1");
    submit("s2");
    pass(Duration.ofMillis(500));

    book.connected(first, now);

    assertThat(first.told).containsExactly("submit s1 500", "submit s2 500");
  }

  @Test
  void startsAStageOnTheWorkerThatTheQueueNames() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("s1");

    book.heard(new News.Waiting("s1", 3, "because"), now);
    book.heard(new News.Assigned("s1", "w1"), now);
    book.finished("s1");

    assertThat(first.told).containsExactly("submit s1 0", "finished s1");
    assertThat(heard("s1")).containsExactly("waiting 3 because", "assigned w1");
    assertThat(book.size()).isZero();
  }

  @Test
  void tellsTheNextQueueWhatWaitsAndWhatRuns() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("waits");
    submit("runs");
    submit("ended");
    book.heard(new News.Assigned("runs", "w1"), now);
    book.heard(new News.Assigned("ended", "w1"), now);
    book.finished("ended");
    pass(Duration.ofSeconds(3));

    book.disconnected(now);
    book.connected(second, now);

    assertThat(second.told).containsExactly("submit waits 3000", "submit runs 3000 on w1");
    book.heard(new News.Assigned("waits", "w1"), now);
    assertThat(heard("waits")).containsExactly("assigned w1");
    assertThat(heard("runs")).containsExactly("assigned w1");
  }

  @Test
  void whatEndsWhileThereIsNoQueueIsNotToldToTheNext() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("runs");
    submit("waits");
    book.heard(new News.Assigned("runs", "w1"), now);
    book.disconnected(now);

    book.finished("runs");
    book.withdraw("waits");
    book.connected(second, now);

    assertThat(second.told).isEmpty();
  }

  @Test
  void aStageThatItsWorkerRefusedWaitsInTheNextQueue() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);
    book.disconnected(now);

    book.refused("s1", "full");
    book.connected(second, now);
    book.heard(new News.Assigned("s1", "w1"), now);

    assertThat(second.told).containsExactly("submit s1 1");
    assertThat(heard("s1")).containsExactly("assigned w1", "assigned w1");
  }

  @Test
  void secondAssignmentOfARunningStageIsIgnored() {
    book.connected(first, now);
    book.workerJoined("w1");
    book.workerJoined("w2");
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);

    book.heard(new News.Assigned("s1", "w2"), now);
    book.heard(new News.Failed("s1", new SlipwayException(ErrorKind.CONFLICT, "late")), now);
    book.heard(new News.Lost("s1", "w2"), now);

    assertThat(heard("s1")).containsExactly("assigned w1");
  }

  @Test
  void slotOfAStageThatNobodyWantsIsGivenBack() {
    book.connected(first, now);
    submit("s1");
    book.withdraw("s1");

    book.heard(new News.Assigned("s1", "w1"), now);

    assertThat(first.told).containsExactly("submit s1 0", "withdraw s1", "finished s1");
    assertThat(heard("s1")).isEmpty();
  }

  @Test
  void withdrawingARunningStageDoesNothingUntilItEnds() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);

    book.withdraw("s1");

    assertThat(first.told).containsExactly("submit s1 0");
    assertThat(book.size()).isEqualTo(1);
  }

  @Test
  void losesWhatRanOnAWorkerThatLeftHereWhateverTheQueueThinks() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);

    book.workerLeft("w1");
    book.heard(new News.Lost("s1", "w1"), now);

    assertThat(heard("s1")).containsExactly("assigned w1", "lost w1");
    assertThat(first.told).containsExactly("submit s1 0", "finished s1");
  }

  @Test
  void goesOnOnAWorkerThatOnlyTheQueueHasLost() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);
    pass(Duration.ofSeconds(2));

    book.heard(new News.Lost("s1", "w1"), now);

    assertThat(heard("s1")).containsExactly("assigned w1");
    assertThat(first.told).containsExactly("submit s1 0", "submit s1 2000 on w1");
  }

  @Test
  void waitsForAWorkerThatHasNotJoinedHereYet() {
    book.connected(first, now);
    submit("s1");
    submit("s2");
    book.heard(new News.Assigned("s1", "w1"), now);
    book.heard(new News.Assigned("s2", "w2"), now);
    assertThat(heard("s1")).isEmpty();

    book.workerJoined("w1");
    pass(Duration.ofSeconds(2));

    assertThat(heard("s1")).containsExactly("assigned w1");
    assertThat(heard("s2")).isEmpty();
    assertThat(first.told).endsWith("refused s2");
  }

  @Test
  void anAssignmentThatWasNotStartedDoesNotOutliveItsQueue() {
    book.connected(first, now);
    submit("s1");
    book.heard(new News.Assigned("s1", "w1"), now);
    book.disconnected(now);
    book.connected(second, now);

    book.workerJoined("w1");

    assertThat(heard("s1")).isEmpty();
    assertThat(second.told).containsExactly("submit s1 1");
  }

  @Test
  void waitingStagesFailWhenNobodyHasTheQueueForAMinute() {
    book.connected(first, now);
    book.workerJoined("w1");
    submit("waits");
    submit("runs");
    book.heard(new News.Assigned("runs", "w1"), now);
    book.disconnected(now);
    pass(Duration.ofSeconds(2));
    pass(Duration.ofSeconds(2));
    assertThat(heard("waits"))
        .containsExactly("waiting 0 the queue is moving to another coordinator");

    pass(Duration.ofSeconds(56));

    assertThat(heard("waits"))
        .endsWith(
            "failed UNAVAILABLE no coordinator with the farm's queue was reached for 60 s: see the coordinators' logs");
    assertThat(heard("runs")).containsExactly("assigned w1");
  }

  private void submit(String id) {
    book.submit(
        new StageRequest(id, "b1", "t1", Platform.LINUX_AMD64, Map.of()), new Ears(id), now);
  }

  private List<String> heard(String id) {
    return heard.getOrDefault(id, List.of());
  }

  private void pass(Duration time) {
    now += time.toNanos();
    book.tick(now);
  }

  private static final class FakeLink implements QueueLink {
    final List<String> told = new ArrayList<>();

    @Override
    public void submit(StageRequest request, Past past) {
      told.add(
          "submit "
              + request.stageId()
              + " "
              + past.waited().toMillis()
              + (past.runningOn().isEmpty() ? "" : " on " + past.runningOn()));
    }

    @Override
    public void withdraw(String stageId) {
      told.add("withdraw " + stageId);
    }

    @Override
    public void finished(String stageId) {
      told.add("finished " + stageId);
    }

    @Override
    public void refused(String stageId, String reason) {
      told.add("refused " + stageId);
    }

    @Override
    public void close() {
      told.add("close");
    }
  }

  private final class Ears implements Scheduler.Listener {
    private final String id;

    Ears(String id) {
      this.id = id;
    }

    private void hear(String text) {
      heard.computeIfAbsent(id, _ -> new ArrayList<>()).add(text);
    }

    @Override
    public void assigned(String workerId) {
      hear("assigned " + workerId);
    }

    @Override
    public void waiting(int ahead, String reason) {
      hear("waiting " + ahead + " " + reason);
    }

    @Override
    public void lost(String workerId) {
      hear("lost " + workerId);
    }

    @Override
    public void failed(SlipwayException reason) {
      hear("failed " + reason.kind() + " " + reason.getMessage());
    }
  }
}
