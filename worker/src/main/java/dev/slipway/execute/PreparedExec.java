package dev.slipway.execute;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.sandbox.ExecSpec;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.StoredLayer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mounts of one exec op as they are while its process runs, and what becomes of them. Owned by
 * one thread at a time; closing it unmounts everything and throws away what was not committed.
 */
final class PreparedExec implements AutoCloseable {
  private final Op.Exec op;
  private final StepContext context;
  private final StepMounts caches;
  private final ClientFiles files;
  private final Map<Mount, MountedRoot> roots = new LinkedHashMap<>();
  private Optional<ExecSpec> spec = Optional.empty();

  PreparedExec(Op.Exec op, StepContext context, StepMounts caches, ClientFiles files) {
    this.op = op;
    this.context = context;
    this.caches = caches;
    this.files = files;
  }

  StepMounts caches() {
    return caches;
  }

  ClientFiles files() {
    return files;
  }

  /** From now on the mount is this one's to unmount. */
  void holds(Mount mount, MountedRoot root) {
    roots.put(mount, root);
  }

  void ready(ExecSpec complete) {
    spec = Optional.of(complete);
  }

  /** The directory that a mount shows, by its index in the op; memory and sockets have none. */
  Optional<Path> directory(int index) {
    if (index < 0 || index >= op.mounts().size()) {
      return Optional.empty();
    }
    Mount mount = op.mounts().get(index);
    if (mount.kind() instanceof Mount.Kind.Cache) {
      return Optional.of(caches.directory(mount));
    }
    return Optional.ofNullable(roots.get(mount)).map(MountedRoot::path);
  }

  /** What to run. */
  ExecSpec spec() {
    return spec.orElseThrow();
  }

  /**
   * The last process has ended, well or not: gives the cache mounts back and returns those that it
   * could write.
   */
  List<HeldMount> finishCaches() {
    return caches.finish();
  }

  /** Makes a layer of what was written to a mount. */
  interface Committing {
    StoredLayer commit(MountedRoot root) throws SlipwayException;
  }

  /** The chain of each output; a read-only mount and a cache mount pass their input on. */
  Map<Integer, List<String>> outputs(Committing committing) throws SlipwayException {
    Map<Integer, List<String>> outputs = new HashMap<>();
    for (Mount mount : op.mounts()) {
      if (mount.output() < 0) {
        continue;
      }
      List<String> chain = new ArrayList<>(context.chain(mount));
      MountedRoot mounted = roots.get(mount);
      if (mounted != null && !mount.readOnly()) {
        chain.add(committing.commit(mounted).id());
      }
      outputs.put(mount.output(), List.copyOf(chain));
    }
    return outputs;
  }

  /** The chain of each bind mount as the process left it, by the mount's index. */
  Map<Integer, List<String>> left(Committing committing) throws SlipwayException {
    Map<Integer, List<String>> chains = new HashMap<>();
    for (int index = 0; index < op.mounts().size(); index++) {
      Mount mount = op.mounts().get(index);
      MountedRoot mounted = roots.get(mount);
      if (mounted != null) {
        List<String> chain = new ArrayList<>(context.chain(mount));
        if (!mount.readOnly()) {
          chain.add(committing.commit(mounted).id());
        }
        chains.put(index, List.copyOf(chain));
      }
    }
    return chains;
  }

  @Override
  public void close() {
    new ArrayList<>(roots.values()).reversed().forEach(MountedRoot::close);
    caches.close();
    files.close();
  }
}
