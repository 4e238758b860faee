/**
 * The farm's configuration file: TOML with the keys of buildkitd.toml that matter here, checked at
 * start. Depends on: error.
 */
@NullMarked
package dev.slipway.config;

import org.jspecify.annotations.NullMarked;
