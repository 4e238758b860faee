package dev.slipway.fetch.git;

import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.Requester;
import dev.slipway.session.ClientAgent;
import dev.slipway.session.SecretValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/**
 * A {@code git} that may show a remote who the build's client is: by a secret that becomes a
 * header, or by the client's ssh agent. Ends when it is closed.
 */
final class GitAccess implements AutoCloseable {
  private final Optional<ClientAgent> agent;
  private final GitProgram program;

  private GitAccess(GitProgram program, Optional<ClientAgent> agent) {
    this.program = program;
    this.agent = agent;
  }

  /**
   * Asks the client for what it has.
   *
   * @param scratch a directory for the known hosts, gone after the close
   */
  static GitAccess open(GitIdentifier id, Requester requester, Path scratch)
      throws SlipwayException, InterruptedException {
    GitProgram program = GitProgram.in(scratch, id.url().remote(), requester.output());
    Optional<String> header = header(id, requester);
    if (header.isPresent()) {
      program =
          program.withSecretSetting(
              "http." + tokenScope(id.url().remote()) + ".extraHeader",
              "Authorization: " + header.get());
    }
    try {
      Optional<ClientAgent> agent = Optional.empty();
      if (!id.sshAgent().isEmpty()) {
        // Not below the scratch directory: a socket's path has 107 bytes at most.
        Path socket = Files.createTempDirectory("slipway-ssh-").resolve("agent");
        agent =
            Optional.of(
                ClientAgent.listen(
                    requester.session("", "the ssh agent of the client"), id.sshAgent(), socket));
        program = program.with("SSH_AUTH_SOCK", socket.toString());
      }
      return new GitAccess(program.with("GIT_SSH_COMMAND", ssh(id, scratch)), agent);
    } catch (IOException e) {
      throw GitMirrors.failed(e);
    }
  }

  private static String ssh(GitIdentifier id, Path scratch) throws IOException {
    String command = "ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=30";
    if (id.knownHosts().isEmpty()) {
      return command + " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
    }
    Path hosts = scratch.resolve("known_hosts");
    Files.writeString(hosts, id.knownHosts());
    return command + " -o UserKnownHostsFile='" + hosts + "'";
  }

  /** The secrets of the host come before the general ones, a header before a token. */
  private static Optional<String> header(GitIdentifier id, Requester requester)
      throws SlipwayException, InterruptedException {
    for (String suffix : new String[] {"." + id.url().host(), ""}) {
      if (!id.headerSecret().isEmpty()) {
        Optional<SecretValue> header = requester.secret(id.headerSecret() + suffix);
        if (header.isPresent()) {
          return header.map(GitAccess::text);
        }
      }
      if (!id.tokenSecret().isEmpty()) {
        Optional<SecretValue> token = requester.secret(id.tokenSecret() + suffix);
        if (token.isPresent()) {
          return token.map(GitAccess::basic);
        }
      }
    }
    return Optional.empty();
  }

  private static String basic(SecretValue token) {
    return "basic "
        + Base64.getEncoder()
            .encodeToString(("x-access-token:" + text(token)).getBytes(StandardCharsets.UTF_8));
  }

  private static String text(SecretValue secret) {
    return secret.bytes().toStringUtf8().strip();
  }

  /** A token of GitHub is for all repositories there, so that submodules can be had. */
  private static String tokenScope(String remote) {
    for (String all : new String[] {"https://github.com/", "https://www.github.com/"}) {
      if (remote.startsWith(all)) {
        return all;
      }
    }
    return remote;
  }

  GitProgram program() {
    return program;
  }

  @Override
  public void close() {
    agent.ifPresent(ClientAgent::close);
  }
}
