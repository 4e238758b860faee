/**
 * Runs one process in a container: an OCI bundle per process, run by an OCI runtime in the worker's
 * user namespace (OCI runtime-spec v1.0.2). Vocabulary: root (the directory the process sees as
 * {@code /}), stub (a mount point made for a mount and removed after it), egress (the way out of a
 * network namespace). Threads: callers bring theirs; two pump threads live as long as a process.
 * Depends on: error, oci, graph.
 */
@NullMarked
package dev.slipway.sandbox;

import org.jspecify.annotations.NullMarked;
