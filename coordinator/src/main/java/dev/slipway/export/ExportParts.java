package dev.slipway.export;

import dev.slipway.cache.CacheIndex;
import dev.slipway.certificates.FarmTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.registry.RegistryClient;
import dev.slipway.session.Session;
import dev.slipway.session.Sessions;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.LayerReferences;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * What exports work with.
 *
 * @param scratch directory for what the coordinator passes on: blobs for registries that want Basic
 *     credentials, images and directories for clients
 * @param tls of the workers' servers; empty = they have none
 */
public record ExportParts(
    Fleet fleet,
    CacheIndex index,
    RegistryClient registries,
    Sessions sessions,
    LayerReferences references,
    Clock clock,
    Path scratch,
    Optional<FarmTls> tls) {
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  /** The client that a build's results go to. @throws SlipwayException when there is none */
  Session client(BuildContext build) throws SlipwayException, InterruptedException {
    if (build.sessionId().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "no active sessions: nobody is there to take the export");
    }
    return sessions.await(build.rights().principal(), build.sessionId(), SESSION_PATIENCE);
  }
}
