/**
 * Farms of real processes, built with and looked at through real clients, registries and engines.
 * {@link Farm}, {@link LocalRegistry}, {@link Buildx} and {@link Engine} are the fixtures; every
 * other class is one feature as a user meets it.
 */
package dev.slipway.e2e;
