package dev.slipway.routing;

import dev.slipway.coordination.CoordinatorRecord;

/** Where a session or a build is. */
sealed interface Place {
  record Here() implements Place {}

  record There(CoordinatorRecord owner) implements Place {}

  /** Its owner has left the cluster. */
  record Lost(String ownerId) implements Place {}

  /** Nobody has it. */
  record Nowhere() implements Place {}
}
