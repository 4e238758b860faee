/**
 * Git repositories, by the program {@code git} on the coordinator: a bare mirror of each remote,
 * the wanted commit in it, and a checkout that becomes a tree and is deleted. No hooks, no
 * configuration of the machine or its user, no prompts, protocols from a list, times and sizes
 * bounded.
 */
@NullMarked
package dev.slipway.fetch.git;

import org.jspecify.annotations.NullMarked;
