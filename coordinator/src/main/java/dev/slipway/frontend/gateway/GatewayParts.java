package dev.slipway.frontend.gateway;

import dev.slipway.fetch.RemoteSources;
import dev.slipway.fetch.layout.OciLayouts;
import dev.slipway.frontend.Frontend;
import dev.slipway.oci.Platform;
import dev.slipway.session.Sessions;
import dev.slipway.solve.Solver;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

/**
 * What gateways of builds are made of.
 *
 * @param remote sources that give directories
 * @param layouts images of clients' OCI layouts
 * @param dockerfile the frontend of Dockerfiles
 * @param foreign what frontends that are images are run with
 * @param platforms all that the farm can build for now, its default first
 */
public record GatewayParts(
    Solver solver,
    ResultFiles files,
    ImageResolver images,
    RemoteSources remote,
    OciLayouts layouts,
    Sessions sessions,
    Frontend dockerfile,
    FrontendParts foreign,
    Supplier<List<Platform>> platforms,
    Clock clock) {}
