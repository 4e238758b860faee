package dev.slipway.container;

import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.ContainerLink;
import dev.slipway.fleet.Fleet;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.protocol.worker.OpenContainer;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.ContainerPlacement;
import dev.slipway.solve.ContainerSteps;
import dev.slipway.solve.SolvedResult;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Opens containers on the farm's workers. Blocking. @ThreadSafe */
public final class Containers {
  private final Fleet fleet;
  private final Placing steps;

  /** Containers of this coordinator by worker. */
  private final Map<String, Integer> busy = new ConcurrentHashMap<>();

  /** Chooses workers, see {@link ContainerSteps#place}. */
  public interface Placing {
    ContainerSteps.Placed place(
        BuildContext build,
        Vertex op,
        List<SolvedResult> inputs,
        ContainerPlacement where,
        Map<String, Integer> busy)
        throws SlipwayException, InterruptedException;
  }

  public Containers(Fleet fleet, Placing steps) {
    this.fleet = fleet;
    this.steps = steps;
  }

  /**
   * Opens a container and waits until its mounts are there.
   *
   * @param op an exec op: mounts, network, hosts
   * @param inputs of the op
   * @throws SlipwayException what the worker said of it; UNAVAILABLE when no worker takes it
   */
  public FarmContainer open(
      BuildContext build, Vertex op, List<SolvedResult> inputs, ContainerPlacement where)
      throws SlipwayException, InterruptedException {
    ContainerSteps.Placed placed = steps.place(build, op, inputs, where, Map.copyOf(busy));
    String worker = placed.workerId();
    busy.merge(worker, 1, Integer::sum);
    FarmContainer container =
        new FarmContainer(
            worker,
            op.op() instanceof Op.Exec exec && exec.network() == Op.Network.HOST,
            where.os(),
            () -> {
              free(worker);
              placed.unlock().run();
            });
    boolean called = false;
    try {
      ContainerLink link =
          fleet.open(
              worker,
              OpenContainer.newBuilder()
                  .setContainerId("container-" + UUID.randomUUID())
                  .setBuildId(build.buildId())
                  .setStep(placed.step())
                  .build(),
              container.listener(),
              placed.shared());
      called = true;
      container.opened(link);
      return container;
    } finally {
      if (!called) {
        free(worker);
        placed.unlock().run();
      }
    }
  }

  private void free(String worker) {
    busy.computeIfPresent(worker, (_, count) -> count == 1 ? null : count - 1);
  }
}
