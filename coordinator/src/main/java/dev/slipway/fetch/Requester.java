package dev.slipway.fetch;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.registry.Authenticator;
import dev.slipway.session.SecretValue;
import dev.slipway.session.Session;
import dev.slipway.session.Sessions;
import java.time.Duration;
import java.util.Optional;

/**
 * On whose behalf something is fetched: its secrets and credentials, and whose earlier fetches it
 * may share.
 *
 * @param sessionId session of the build's client; empty = none
 * @param output hears what programs print
 */
public record Requester(
    String buildId, String sessionId, Rights rights, Sessions sessions, Output output) {
  /**
   * How long a session may take to appear after the solve that names it: BuildKit's clients open
   * both at the same time.
   */
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  /** Takes a program's output. */
  @FunctionalInterface
  public interface Output {
    /** What is printed is for nobody. */
    Output NONE = (_, _) -> {};

    /**
     * @param stream 1 = standard output, 2 = standard error
     */
    void print(int stream, byte[] data);
  }

  /**
   * Whose fetches are the same: what one tenant got with its secrets is never another's without the
   * server being asked.
   */
  public String scope() {
    return rights.tenant() + rights.trust().apart().map(owner -> " of " + owner).orElse("");
  }

  /** The client's session, if the build has one. */
  public Optional<Session> session() throws SlipwayException, InterruptedException {
    return sessionId.isEmpty() ? Optional.empty() : Optional.of(await(sessionId));
  }

  /**
   * The session with the id, or the build's own when it is empty. @throws SlipwayException INVALID
   * when there is neither
   */
  public Session session(String id, String what) throws SlipwayException, InterruptedException {
    String wanted = id.isEmpty() ? sessionId : id;
    if (wanted.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, what + " needs a session with the client, and the build has none");
    }
    return await(wanted);
  }

  private Session await(String id) throws SlipwayException, InterruptedException {
    return sessions.await(rights.principal(), id, SESSION_PATIENCE);
  }

  /** A secret of the client; empty when it has none of that id. */
  public Optional<SecretValue> secret(String id) throws SlipwayException, InterruptedException {
    Optional<Session> session = session();
    return session.isEmpty() ? Optional.empty() : session.get().secret(id);
  }

  /** The client's credentials for registries; nobody's when it has no session. */
  public Authenticator authenticator() throws SlipwayException, InterruptedException {
    return session().map(Session::authenticator).orElse(Authenticator.ANONYMOUS);
  }
}
