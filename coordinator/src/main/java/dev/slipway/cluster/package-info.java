/**
 * State that all coordinators share: named maps of small values on an embedded Hazelcast member.
 * The only package that knows Hazelcast. No bytes of layers and no secret ever go into a map.
 * Depends on: error, config.
 */
@NullMarked
package dev.slipway.cluster;

import org.jspecify.annotations.NullMarked;
