/**
 * What happens to clients' calls before the services see them: refused while too few coordinators
 * see each other, passed on when another coordinator owns the session or the build that they belong
 * to. Owners stand in a map of the cluster. Depends on: error, cluster, coordination, protocol,
 * telemetry.
 */
@NullMarked
package dev.slipway.routing;

import org.jspecify.annotations.NullMarked;
