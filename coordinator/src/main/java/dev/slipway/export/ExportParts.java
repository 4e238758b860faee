package dev.slipway.export;

import dev.slipway.cache.CacheIndex;
import dev.slipway.certificates.FarmTls;
import dev.slipway.fleet.Fleet;
import dev.slipway.registry.RegistryClient;
import dev.slipway.session.Sessions;
import dev.slipway.solve.LayerReferences;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * What exports work with.
 *
 * @param scratch directory for blobs that the coordinator passes on to registries that want Basic
 *     credentials
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
    Optional<FarmTls> tls) {}
