package dev.slipway.schedule;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Goes through waiting stages of one demand as they would be served if all took equally long:
 * tenants take turns, in each tenant the builds of its highest priority do.
 */
final class QueueWalk {
  /** Told of each stage and its place from 0. */
  interface Visitor {
    void visit(QueuedStage stage, int place);
  }

  private final Demand demand;
  private final Deque<Round> rounds = new ArrayDeque<>();

  QueueWalk(Demand demand) {
    this.demand = demand;
  }

  /** Tenants are to be added in the order of their turns. */
  void add(FairQueue.Tenant tenant) {
    Round round = new Round();
    tenant.ready.get(demand).forEach(build -> round.add(build, demand));
    rounds.add(round);
  }

  void visit(Visitor visitor) {
    for (int place = 0; !rounds.isEmpty(); place++) {
      Round round = rounds.remove();
      visitor.visit(round.next(), place);
      if (!round.classes.isEmpty()) {
        rounds.add(round);
      }
    }
  }

  /** One tenant's stages that were not visited yet, by falling priority. */
  private static final class Round {
    final Deque<PriorityClass> classes = new ArrayDeque<>();

    void add(FairQueue.Build build, Demand demand) {
      if (classes.isEmpty() || classes.getLast().priority != build.key.priority()) {
        classes.add(new PriorityClass(build.key.priority()));
      }
      classes.getLast().builds.add(build.waiting.get(demand).values().iterator());
    }

    QueuedStage next() {
      Deque<Iterator<QueuedStage>> builds = classes.getFirst().builds;
      Iterator<QueuedStage> stages = builds.remove();
      QueuedStage stage = stages.next();
      if (stages.hasNext()) {
        builds.add(stages);
      }
      if (builds.isEmpty()) {
        classes.remove();
      }
      return stage;
    }
  }

  private static final class PriorityClass {
    final int priority;
    final Deque<Iterator<QueuedStage>> builds = new ArrayDeque<>();

    PriorityClass(int priority) {
      this.priority = priority;
    }
  }
}
