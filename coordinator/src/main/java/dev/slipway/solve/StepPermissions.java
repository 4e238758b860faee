package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Entitlement;
import dev.slipway.identity.Rights;
import dev.slipway.plan.BuildGraph;
import java.util.Optional;

/**
 * What processes ask for that weakens the walls around them, against what their build was given.
 */
final class StepPermissions {
  private StepPermissions() {}

  /** Refuses a graph that has a step with too much, before anything of it runs. */
  static void check(BuildGraph graph, Rights rights) throws StepFailure {
    for (Vertex vertex : graph.inOrder()) {
      if (vertex.op() instanceof Op.Exec exec) {
        try {
          check(exec, rights);
        } catch (SlipwayException e) {
          throw new StepFailure(
              e.kind(),
              "failed to load LLB: " + e.getMessage(),
              vertex.digest(),
              graph.sources(vertex.digest()),
              0);
        }
      }
    }
  }

  private static void check(Op.Exec exec, Rights rights) throws SlipwayException {
    if (exec.network() == Op.Network.HOST) {
      rights.checkGranted(Entitlement.NETWORK_HOST);
    }
    if (exec.insecure()) {
      rights.checkGranted(Entitlement.SECURITY_INSECURE);
    }
    // No worker registers devices: an optional one is left out, any other is BuildKit's refusal.
    Optional<Op.Device> required =
        exec.devices().stream().filter(device -> !device.optional()).findFirst();
    if (required.isPresent()) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "required device \"" + required.get().name() + "\" is not registered");
    }
  }
}
