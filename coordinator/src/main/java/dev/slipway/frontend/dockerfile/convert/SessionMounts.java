package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.graph.Mount;
import dev.slipway.graph.SecretEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a RUN gets from the client while it runs: secrets and agents. */
final class SessionMounts {
  private static final String SECRETS = "/run/secrets/";
  private static final String AGENTS = "/run/buildkit/ssh_agent.";
  private static final int SECRET_MODE = 0400;
  private static final int AGENT_MODE = 0600;

  private final List<Mount> secrets = new ArrayList<>();
  private final List<Mount> agents = new ArrayList<>();
  private final List<SecretEnvironment> environment = new ArrayList<>();

  /** A secret as a file, as a variable, or both. */
  void addSecret(MountOption option) {
    String id = option.source().isEmpty() ? option.id() : option.source();
    if (id.isEmpty()) {
      id = PosixPath.baseName(option.target());
    }
    boolean optional = !option.required();
    if (option.environment().isPresent()) {
      String name = option.environment().get();
      environment.add(new SecretEnvironment(id, name.isEmpty() ? id : name, optional));
    }
    if (option.environment().isEmpty() || !option.target().isEmpty()) {
      String target =
          option.target().isEmpty() ? SECRETS + PosixPath.baseName(id) : option.target();
      Mount.Kind kind =
          new Mount.Kind.Secret(
              id,
              option.attributes().uid().orElse(0),
              option.attributes().gid().orElse(0),
              option.attributes().mode().orElse(SECRET_MODE),
              optional);
      secrets.add(new Mount(-1, "", PosixPath.resolve("", target), -1, false, kind));
    }
  }

  void addAgent(MountOption option) throws SlipwayException {
    if (!option.source().isEmpty()) {
      throw CopyStep.invalid("ssh does not support source");
    }
    String target = option.target().isEmpty() ? AGENTS + agents.size() : option.target();
    Mount.Kind kind =
        new Mount.Kind.Ssh(
            option.id().isEmpty() ? "default" : option.id(),
            option.attributes().uid().orElse(0),
            option.attributes().gid().orElse(0),
            option.attributes().mode().orElse(AGENT_MODE),
            !option.required());
    agents.add(new Mount(-1, "", PosixPath.resolve("", target), -1, false, kind));
  }

  List<Mount> mounts() {
    List<Mount> all = new ArrayList<>(secrets);
    all.addAll(agents);
    return all;
  }

  List<SecretEnvironment> environment() {
    return environment;
  }

  Optional<String> agent() {
    return agents.stream().findFirst().map(Mount::destination);
  }
}
