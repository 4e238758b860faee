/**
 * Why a step was not served from the cache: what the keys of a build's steps were made of is
 * remembered across the cluster as a {@link dev.slipway.explain.Recipe}, and the next build of the
 * same subject is compared with it. A recipe has names, digests and hashes, never values: of an
 * environment variable its name and a keyed hash. Nothing here is on the way of a build: it is told
 * what it will be asked for, and works when the build is over or somebody asks. Depends on:
 * cluster, context, graph, plan. Terms: docs/glossary.md#recipe.
 */
@NullMarked
package dev.slipway.explain;

import org.jspecify.annotations.NullMarked;
