/**
 * How workers get into the farm and are put out of it: join tokens, the certificates that the
 * farm's CA makes for them, evictions. What must outlive a restart is in two shared maps and, at
 * each coordinator, in a file. Depends on: certificates, cluster, fleet.
 */
@NullMarked
package dev.slipway.enrolment;

import org.jspecify.annotations.NullMarked;
