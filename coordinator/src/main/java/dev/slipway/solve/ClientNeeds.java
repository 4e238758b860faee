package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import dev.slipway.graph.Vertex;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepAgent;
import dev.slipway.protocol.worker.StepSecret;
import dev.slipway.session.SecretValue;
import dev.slipway.session.Session;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the steps of one stage need of their build's client: secrets, told in the message to the
 * worker that runs them and kept nowhere else, and ways to its ssh agents. What the client does not
 * have fails the step at the worker, where it is known which one that is. Of one dispatch, owned by
 * its thread.
 */
final class ClientNeeds {
  /** Bytes of secrets in one stage; far above what its steps need, and well below a message. */
  private static final int MAX_SECRET_BYTES = 16 << 20;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int TOKEN_BYTES = 18;

  private final BuildContext build;
  private final Sources sources;
  private final Map<String, Optional<SecretValue>> secrets = new HashMap<>();
  private final Map<String, Fleet.Connecting> connections = new HashMap<>();
  private long secretBytes;

  ClientNeeds(BuildContext build, Sources sources) {
    this.build = build;
    this.sources = sources;
  }

  /** Adds to the message what the step needs; asks the client where it needs something. */
  void describe(Vertex vertex, Step.Builder step) throws SlipwayException, InterruptedException {
    if (!(vertex.op() instanceof Op.Exec exec)) {
      return;
    }
    Set<String> secretIds = new TreeSet<>();
    Set<String> agentIds = new TreeSet<>();
    exec.secretEnvironment().stream().map(SecretEnvironment::id).forEach(secretIds::add);
    for (Mount mount : exec.mounts()) {
      switch (mount.kind()) {
        case Mount.Kind.Secret secret -> secretIds.add(secret.id());
        case Mount.Kind.Ssh ssh -> agentIds.add(ssh.id());
        case Mount.Kind.Bind _, Mount.Kind.Cache _, Mount.Kind.Tmpfs _ -> {}
      }
    }
    secretIds.remove("");
    for (String id : secretIds) {
      step.addSecrets(secret(id));
    }
    for (String id : agentIds) {
      step.addAgents(agent(id));
    }
  }

  /** How the stage's tokens connect. */
  Map<String, Fleet.Connecting> connections() {
    return Map.copyOf(connections);
  }

  private StepSecret secret(String id) throws SlipwayException, InterruptedException {
    Optional<SecretValue> value = secrets.get(id);
    if (value == null) {
      value = session().secret(id);
      secrets.put(id, value);
    }
    StepSecret.Builder secret = StepSecret.newBuilder().setId(id).setFound(value.isPresent());
    if (value.isPresent()) {
      secretBytes += value.get().bytes().size();
      if (secretBytes > MAX_SECRET_BYTES) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "the secrets of the steps that run together have more than "
                + (MAX_SECRET_BYTES >> 20)
                + " MiB");
      }
      secret.setValue(value.get().bytes());
    }
    return secret.build();
  }

  private StepAgent agent(String id) throws SlipwayException, InterruptedException {
    Session session = session();
    StepAgent.Builder agent = StepAgent.newBuilder().setId(id);
    try {
      session.checkAgent(id);
    } catch (SlipwayException e) {
      if (!session.isOpen()) {
        throw e;
      }
      return agent.setRefusal(e.getMessage()).build();
    }
    byte[] token = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(token);
    String text = Base64.getUrlEncoder().encodeToString(token);
    connections.put(text, () -> session.connectAgent(id));
    return agent.setToken(text).build();
  }

  private Session session() throws SlipwayException, InterruptedException {
    return sources
        .session(build)
        .orElseThrow(() -> new SlipwayException(ErrorKind.INVALID, "no active sessions"));
  }
}
