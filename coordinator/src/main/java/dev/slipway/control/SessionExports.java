package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.Exporters;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.graph.Definition;
import dev.slipway.session.ClientTargets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Exporters that a client names in its session, when it has seen what was made. */
final class SessionExports {
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  /** What a client may add: each costs a line in everybody's view. */
  private static final int MOST_WISHES = 100;

  private SessionExports() {}

  /** What else the client wants; ids go on after those of the request. */
  static List<Exporters.Request> wishes(
      Order order, BuildJob job, GatewayParts parts, FrontendResult result)
      throws SlipwayException, InterruptedException {
    List<String> references = new ArrayList<>();
    List<Definition> made = new ArrayList<>(result.byPlatform().values());
    result.single().ifPresent(made::add);
    for (Definition definition : made) {
      if (definition.result().isPresent()) {
        references.add(job.gateway().handOut(definition));
      }
    }
    List<Exporters.Request> requests = new ArrayList<>();
    for (ClientTargets.Wish wish :
        targets(order, job, parts).wishes(result.metadata(), references)) {
      if (requests.size() == MOST_WISHES) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED, "the client wants more than " + MOST_WISHES + " exporters");
      }
      requests.add(
          new Exporters.Request(
              order.exports().size() + requests.size(),
              wish.type(),
              wish.attributes(),
              order.compatibility()));
    }
    return requests;
  }

  static ClientTargets targets(Order order, BuildJob job, GatewayParts parts)
      throws SlipwayException, InterruptedException {
    return parts
        .sessions()
        .await(job.context().rights().principal(), order.sessionId(), SESSION_PATIENCE)
        .targets();
  }
}
