package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.linux.DiskFull;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.DirectoryCopy;
import dev.slipway.mounts.MountBeginning;
import dev.slipway.sandbox.ExecSpec;
import dev.slipway.sandbox.RootPath;
import dev.slipway.sandbox.SandboxMount;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Brings about what a process finds: its mounts, and the spec that names them. @ThreadSafe */
final class ExecPreparation {
  private final SnapshotStore store;
  private final CacheMounts cacheMounts;

  ExecPreparation(SnapshotStore store, CacheMounts cacheMounts) {
    this.store = store;
    this.cacheMounts = cacheMounts;
  }

  /**
   * Mounts everything, waiting for cache mounts where their sharing demands it. What is returned
   * holds the mounts until it is closed.
   */
  PreparedExec prepare(Op.Exec op, StepContext context)
      throws SlipwayException, InterruptedException {
    refuseUnsupported(op);
    PreparedExec prepared =
        new PreparedExec(
            op,
            context,
            StepMounts.take(
                op,
                context.cacheMounts(),
                cacheMounts,
                mount -> beginning(op, mount, context),
                context.notes()));
    boolean complete = false;
    try {
      prepared.ready(mount(op, context, prepared));
      complete = true;
      return prepared;
    } finally {
      if (!complete) {
        prepared.close();
      }
    }
  }

  /** A cache mount begins with a copy of what is at the selector of its input. */
  private MountBeginning beginning(Op.Exec op, Mount mount, StepContext context) {
    if (mount.input() < 0) {
      return MountBeginning.EMPTY;
    }
    return directory -> {
      try (MountedRoot base = store.mount(context.chain(mount), false)) {
        Path source = select(mount, op.mounts().indexOf(mount), base.path());
        if (!Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS)) {
          throw new StepFailedException(
              "cache mount "
                  + mount.destination()
                  + " cannot begin with "
                  + mount.selector()
                  + ": not a directory",
              0);
        }
        DirectoryCopy.copy(source, directory);
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        throw new SlipwayException(
            DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
            "filling of cache mount " + mount.destination() + " failed: " + e.getMessage(),
            e);
      }
    };
  }

  private static void refuseUnsupported(Op.Exec op) throws StepFailedException {
    if (op.insecure()) {
      throw new StepFailedException("security mode insecure is not supported yet", 0);
    }
    if (op.network() == Op.Network.HOST) {
      throw new StepFailedException("network mode host is not supported yet", 0);
    }
    if (!op.secretEnvironment().isEmpty()) {
      throw new StepFailedException("secrets as environment variables are not supported yet", 0);
    }
    if (!(op.root().kind() instanceof Mount.Kind.Bind)) {
      throw new StepFailedException("the root filesystem of a process must be a bind mount", 0);
    }
    for (Mount mount : op.mounts()) {
      switch (mount.kind()) {
        case Mount.Kind.Secret _ ->
            throw new StepFailedException(
                "secret mounts (" + mount.destination() + ") are not supported yet", 0);
        case Mount.Kind.Ssh _ ->
            throw new StepFailedException(
                "ssh mounts (" + mount.destination() + ") are not supported yet", 0);
        case Mount.Kind.Bind _, Mount.Kind.Cache _, Mount.Kind.Tmpfs _ -> {}
      }
    }
  }

  private ExecSpec mount(Op.Exec op, StepContext context, PreparedExec prepared)
      throws SlipwayException {
    List<SandboxMount> mounts = new ArrayList<>();
    Path root = Path.of("/");
    for (Mount mount : op.mounts()) {
      if (mount.kind() instanceof Mount.Kind.Tmpfs(long size)) {
        mounts.add(new SandboxMount.Tmpfs(mount.destination(), size, mount.readOnly()));
        continue;
      }
      if (mount.kind() instanceof Mount.Kind.Cache) {
        mounts.add(
            new SandboxMount.Bind(
                prepared.caches().directory(mount), mount.destination(), mount.readOnly(), true));
        continue;
      }
      MountedRoot mounted = store.mount(context.chain(mount), !mount.readOnly());
      prepared.holds(mount, mounted);
      Path source = select(mount, op.mounts().indexOf(mount), mounted.path());
      if (mount == op.root()) {
        root = source;
      } else {
        mounts.add(new SandboxMount.Bind(source, mount.destination(), mount.readOnly(), false));
      }
    }
    String id = "exec-" + UUID.randomUUID();
    return new ExecSpec(
        id, root, op.root().readOnly(), op.meta(), mounts, op.network(), context.timeout());
  }

  /** Where the selector leads in the input, never outside of it. */
  private static Path select(Mount mount, int index, Path root) throws SlipwayException {
    String selector = mount.selector();
    if (selector.isEmpty() || selector.equals("/") || selector.equals(".")) {
      return root;
    }
    if (mount.destination().equals("/")) {
      throw new StepFailedException(
          "a part of an input as root filesystem is not supported yet", 0);
    }
    try {
      RootPath.Target target = RootPath.follow(root, selector);
      if (!target.exists()) {
        String shown = selector.startsWith("/") ? selector : "/" + selector;
        throw new StepFailedException(
                "failed to compute cache key: failed to calculate checksum of ref "
                    + mount.input()
                    + ": \""
                    + shown
                    + "\": not found",
                0)
            .lacking(index);
      }
      return target.existing();
    } catch (IOException e) {
      throw new StepFailedException("mount of " + selector + " failed: " + e.getMessage(), e);
    }
  }
}
