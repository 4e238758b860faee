package dev.slipway.web.page;

import dev.slipway.config.QueueSettings;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.explain.Explanation;
import dev.slipway.fleet.Fleet;
import dev.slipway.history.FarmBuilds;
import dev.slipway.holdings.Holdings;
import dev.slipway.progress.BuildArchive;
import dev.slipway.progress.Changes;
import dev.slipway.schedule.SchedulerStats;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the pages show.
 *
 * @param builds of this coordinator
 * @param history of the whole farm
 * @param coordinators that are live, oldest first, which has the queue; empty before this one was
 *     announced
 * @param self member id of this coordinator
 * @param queue as this coordinator knows it: nothing when the queue is elsewhere
 * @param limits bounds of the queue
 * @param explanations why the steps of the build with the ref were not cached; empty = unknown
 * @param holdings what is on the workers' disks
 * @param changes of what is shown
 * @param plain whether coordinators may talk to each other without TLS
 */
public record PageParts(
    Fleet fleet,
    BuildArchive builds,
    FarmBuilds history,
    Supplier<List<CoordinatorRecord>> coordinators,
    String self,
    Supplier<SchedulerStats> queue,
    QueueSettings limits,
    Function<String, Optional<Explanation>> explanations,
    Holdings holdings,
    Changes changes,
    boolean plain,
    Clock clock) {
  /** Addresses of the other coordinators' pages. */
  List<String> others() {
    return coordinators.get().stream()
        .filter(each -> !each.id().equals(self))
        .map(CoordinatorRecord::httpAddress)
        .toList();
  }

  /** Address of this coordinator's page; empty before it was announced. */
  String address() {
    return coordinators.get().stream()
        .filter(each -> each.id().equals(self))
        .map(CoordinatorRecord::httpAddress)
        .findFirst()
        .orElse("");
  }
}
