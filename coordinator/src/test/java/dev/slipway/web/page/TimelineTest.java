package dev.slipway.web.page;

import static dev.slipway.web.page.Builds.at;
import static dev.slipway.web.page.Builds.build;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.progress.BuildDetail;
import dev.slipway.web.page.Timeline.Bar;
import dev.slipway.web.page.Timeline.Lane;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private static Timeline timeline(BuildDetail build, double end) {
    return Timeline.of(build, new Steps(build), at(end));
  }

  private static Lane lane(Timeline timeline, String title) {
    return timeline.lanes().stream()
        .filter(lane -> lane.title().equals(title))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void eachWorkerHasALaneInTheOrderOfTheirNumbers() {
    BuildDetail build =
        build("b").ran("a", "worker-10", 0, 0, 5).ran("b", "worker-2", 0, 0, 5).ended(10);

    assertThat(timeline(build, 10).lanes())
        .extracting(Lane::title)
        .containsExactly("worker-2", "worker-10");
  }

  @Test
  void stagesThatRanAtTheSameTimeAreBelowEachOther() {
    BuildDetail build =
        build("b")
            .ran("a", "worker-1", 0, 0, 5)
            .ran("b", "worker-1", 0, 0, 4)
            .ran("c", "worker-1", 4, 4, 8)
            .ended(10);

    List<List<Bar>> rows = lane(timeline(build, 10), "worker-1").rows();

    assertThat(rows).hasSize(2);
    assertThat(rows.get(1)).extracting(Bar::label).containsExactly("b", "c");
    assertThat(rows.get(1).get(1).at()).isEqualTo(40.0);
    assertThat(rows.get(1).get(1).width()).isEqualTo(40.0);
  }

  @Test
  void aWaitThatIsNoticedSaysForWhat() {
    BuildDetail build = build("b").ran("RUN make", "worker-1", 0, 2, 5).ended(10);

    Bar wait = lane(timeline(build, 10), "Waiting").rows().getFirst().getFirst();

    assertThat(wait.width()).isEqualTo(20.0);
    assertThat(wait.title()).contains("waiting for a worker, 3 stages ahead").contains("2.0 s");
  }

  @Test
  void whatRunsReachesToNow() {
    BuildDetail build = build("b").runs("RUN make", "worker-1", 5).running();

    Bar bar = lane(timeline(build, 20), "worker-1").rows().getFirst().getFirst();

    assertThat(bar.kind()).isEqualTo("running");
    assertThat(bar.at() + bar.width()).isEqualTo(100.0);
  }

  @Test
  void theShortestBarAtTheVeryEndCanStillBeHit() {
    BuildDetail build = build("b").ran("RUN true", "worker-1", 10, 10, 10).ended(10);

    Bar bar = lane(timeline(build, 10), "worker-1").rows().getFirst().getFirst();

    assertThat(bar.width()).isGreaterThan(0.5);
    assertThat(bar.at() + bar.width()).isLessThanOrEqualTo(100.0);
  }

  @Test
  void aBuildWithoutLengthIsDrawnToo() {
    assertThat(timeline(build("b").ended(0), 0).lanes()).isEmpty();
  }

  @Test
  void marksOfTheAxisAreFew() {
    for (double end : new double[] {0.3, 3, 42, 600, 7_200, 86_400}) {
      assertThat(timeline(build("b").ended(end), end).ticks()).hasSizeBetween(2, 8);
    }
  }
}
