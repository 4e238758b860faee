package dev.slipway.execute;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepAgent;
import dev.slipway.protocol.worker.StepSecret;
import java.util.List;
import java.util.Optional;

/**
 * What a step has of its build's client: the secrets that it names, and the ways to ssh agents.
 * Printing it shows no secret. Immutable.
 */
final class ClientSide {
  private final List<StepSecret> secrets;
  private final List<StepAgent> agents;
  private final ClientConnections connections;

  private ClientSide(
      List<StepSecret> secrets, List<StepAgent> agents, ClientConnections connections) {
    this.secrets = secrets;
    this.agents = agents;
    this.connections = connections;
  }

  static ClientSide of(Step step, ClientConnections connections) {
    return new ClientSide(step.getSecretsList(), step.getAgentsList(), connections);
  }

  /** Checks that the client has what the process cannot do without. */
  void check(Op.Exec op) throws StepFailedException {
    for (SecretEnvironment wanted : op.secretEnvironment()) {
      if (wanted.id().isEmpty()) {
        throw new StepFailedException(
            "secret ID missing for \"" + wanted.name() + "\" environment variable", 0);
      }
      if (!wanted.optional()) {
        checkSecret(wanted.id());
      }
    }
    for (Mount mount : op.mounts()) {
      switch (mount.kind()) {
        case Mount.Kind.Secret secret when secret.id().isEmpty() ->
            throw new StepFailedException("secret ID missing from mount options", 0);
        case Mount.Kind.Secret secret when !secret.optional() -> checkSecret(secret.id());
        case Mount.Kind.Ssh ssh when !ssh.optional() -> {
          Optional<String> refusal = refusal(ssh.id());
          if (refusal.isPresent()) {
            throw StepFailedException.ofClient(refusal.get());
          }
        }
        case Mount.Kind.Secret _,
            Mount.Kind.Ssh _,
            Mount.Kind.Bind _,
            Mount.Kind.Cache _,
            Mount.Kind.Tmpfs _ -> {}
      }
    }
  }

  private void checkSecret(String id) throws StepFailedException {
    if (secret(id).isEmpty()) {
      throw StepFailedException.ofClient("secret " + id + ": not found");
    }
  }

  /** The secret of that id; empty when the client does not have it. */
  Optional<ByteString> secret(String id) {
    return secrets.stream()
        .filter(secret -> secret.getId().equals(id) && secret.getFound())
        .map(StepSecret::getValue)
        .findFirst();
  }

  /** Why the agent cannot be reached; empty when it can. */
  Optional<String> refusal(String id) {
    return agent(id)
        .map(agent ->
            agent.getRefusal().isEmpty()
                ? Optional.<String>empty()
                : Optional.of(agent.getRefusal()))
        .orElse(Optional.of("no SSH key \"" + id + "\" forwarded from the client"));
  }

  /** Opens a connection to the agent of that id, which has no refusal. */
  ByteCall<?, ?> connect(String id) throws SlipwayException, InterruptedException {
    return connections.connect(agent(id).orElseThrow().getToken());
  }

  private Optional<StepAgent> agent(String id) {
    return agents.stream().filter(agent -> agent.getId().equals(id)).findFirst();
  }

  @Override
  public String toString() {
    return secrets.size() + " secrets and " + agents.size() + " agents of a client";
  }
}
