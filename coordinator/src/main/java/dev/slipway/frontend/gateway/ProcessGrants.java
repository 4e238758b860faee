package dev.slipway.frontend.gateway;

import com.google.protobuf.ByteString;
import dev.slipway.container.FarmContainer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Entitlement;
import dev.slipway.protocol.buildkit.ops.SecretEnv;
import dev.slipway.protocol.worker.SecretVariable;
import dev.slipway.protocol.worker.StartProcess;
import dev.slipway.session.SecretValue;
import dev.slipway.session.Session;
import dev.slipway.session.Sessions;
import dev.slipway.solve.BuildContext;
import java.util.List;
import java.util.Optional;

/** What a process of a container asks for, against what its build was given and its client has. */
final class ProcessGrants {
  private final BuildContext build;
  private final Sessions sessions;

  ProcessGrants(BuildContext build, Sessions sessions) {
    this.build = build;
    this.sessions = sessions;
  }

  /**
   * Returns the process with the secrets that it names.
   *
   * @throws SlipwayException DENIED when it asks for more than the build was given, NOT_FOUND when
   *     the client lacks a secret
   */
  StartProcess grant(StartProcess process, List<SecretEnv> secrets, FarmContainer container)
      throws SlipwayException, InterruptedException {
    switch (process.getSecurity()) {
      case SANDBOX -> {}
      case INSECURE -> build.rights().checkGranted(Entitlement.SECURITY_INSECURE);
      case UNRECOGNIZED ->
          throw new SlipwayException(
              ErrorKind.INVALID, "invalid security mode " + process.getSecurityValue());
    }
    if (container.isOnHostNetwork()) {
      build.rights().checkGranted(Entitlement.NETWORK_HOST);
    }
    StartProcess.Builder granted = process.toBuilder();
    for (SecretEnv secret : secrets) {
      granted.addSecretEnvironment(variable(secret));
    }
    return granted.build();
  }

  private SecretVariable variable(SecretEnv secret) throws SlipwayException, InterruptedException {
    if (secret.getID().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "secret ID missing for \"" + secret.getName() + "\" environment variable");
    }
    Session session =
        sessions.await(
            build.rights().principal(), build.sessionId(), GatewayBuild.SESSION_PATIENCE);
    Optional<SecretValue> value = session.secret(secret.getID());
    if (value.isEmpty() && !secret.getOptional()) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "secret " + secret.getID() + ": not found");
    }
    return SecretVariable.newBuilder()
        .setName(secret.getName())
        .setValue(value.map(SecretValue::bytes).orElse(ByteString.EMPTY))
        .build();
  }
}
