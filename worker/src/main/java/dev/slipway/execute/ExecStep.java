package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.gc.DiskWatch;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.linux.DiskFull;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.DirectoryCopy;
import dev.slipway.mounts.MountBeginning;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.sandbox.ExecExit;
import dev.slipway.sandbox.ExecOutput;
import dev.slipway.sandbox.ExecSpec;
import dev.slipway.sandbox.RootPath;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.sandbox.SandboxMount;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.WorkerMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs exec ops. LLB: pb.ExecOp. @ThreadSafe */
final class ExecStep {
  private final SnapshotStore store;
  private final CacheMounts cacheMounts;
  private final Sandbox sandbox;
  private final Supplier<String> layerIds;
  private final DiskWatch disk;
  private final Meters meters;
  private final Consumer<StoredLayer> made;

  ExecStep(
      SnapshotStore store,
      CacheMounts cacheMounts,
      Sandbox sandbox,
      Supplier<String> layerIds,
      DiskWatch disk,
      Meters meters,
      Consumer<StoredLayer> made) {
    this.store = store;
    this.cacheMounts = cacheMounts;
    this.sandbox = sandbox;
    this.layerIds = layerIds;
    this.disk = disk;
    this.meters = meters;
    this.made = made;
  }

  /**
   * What a process runs with.
   *
   * @param inputs their chains, by input index
   * @param timeout what the stage still allows
   * @param cacheMounts what the coordinator knows of them
   * @param notes hears what a person may want to know
   * @param used gets those cache mounts that the process could write to, whatever became of it
   */
  record Context(
      List<List<String>> inputs,
      Optional<Duration> timeout,
      ExecOutput output,
      List<CacheMount> cacheMounts,
      Consumer<String> notes,
      Consumer<HeldMount> used) {}

  /** Runs it and returns the chain of each output. */
  Map<Integer, List<String>> run(Op.Exec op, Context context)
      throws SlipwayException, InterruptedException {
    refuseUnsupported(op);
    String command = QuotedArguments.of(op.meta().arguments());
    Map<Mount, MountedRoot> roots = new LinkedHashMap<>();
    try (StepMounts caches =
        StepMounts.take(
            op,
            context.cacheMounts(),
            cacheMounts,
            mount -> beginning(mount, context),
            context.notes())) {
      ExecSpec spec = mount(op, context, caches, roots);
      ExecExit exit = runProcess(spec, context.output(), command);
      // What the process wrote is still there, and goes when it failed.
      disk.look();
      caches.finish().forEach(context.used());
      switch (exit) {
        case ExecExit.TimedOut() ->
            throw StepFailedException.timedOut(
                "process " + command + " did not complete successfully: context deadline exceeded");
        case ExecExit.Exited(int code) -> {
          if (!op.meta().validExitCodes().contains(code)) {
            throw new StepFailedException(
                "process " + command + " did not complete successfully: exit code: " + code, code);
          }
        }
      }
      return commit(op, context, roots);
    } finally {
      List<MountedRoot> open = new ArrayList<>(roots.values());
      open.reversed().forEach(MountedRoot::close);
    }
  }

  /** A cache mount begins with a copy of what is at the selector of its input. */
  private MountBeginning beginning(Mount mount, Context context) {
    if (mount.input() < 0) {
      return MountBeginning.EMPTY;
    }
    return directory -> {
      try (MountedRoot base = store.mount(chain(mount, context), false)) {
        Path source = select(mount, base.path());
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

  private ExecSpec mount(
      Op.Exec op, Context context, StepMounts caches, Map<Mount, MountedRoot> roots)
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
                caches.directory(mount), mount.destination(), mount.readOnly(), true));
        continue;
      }
      MountedRoot mounted = store.mount(chain(mount, context), !mount.readOnly());
      roots.put(mount, mounted);
      Path source = select(mount, mounted.path());
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

  private static List<String> chain(Mount mount, Context context) {
    return mount.input() < 0 ? List.of() : context.inputs().get(mount.input());
  }

  /** Where the selector leads in the input, never outside of it. */
  private static Path select(Mount mount, Path root) throws SlipwayException {
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
            0);
      }
      return target.existing();
    } catch (IOException e) {
      throw new StepFailedException("mount of " + selector + " failed: " + e.getMessage(), e);
    }
  }

  private ExecExit runProcess(ExecSpec spec, ExecOutput output, String command)
      throws SlipwayException, InterruptedException {
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.EXECUTING)) {
      return sandbox.run(spec, output);
    } catch (SlipwayException e) {
      throw switch (e.kind()) {
        case INVALID, NOT_FOUND, UNSUPPORTED, DENIED ->
            new StepFailedException(
                "process " + command + " did not complete successfully: " + e.getMessage(), e);
        case CONFLICT, UNAVAILABLE, EXHAUSTED, CANCELLED, INTERNAL -> e;
      };
    }
  }

  /** Outputs in the order of the mounts; a read-only mount passes its input on. */
  private Map<Integer, List<String>> commit(
      Op.Exec op, Context context, Map<Mount, MountedRoot> roots) throws SlipwayException {
    Map<Integer, List<String>> outputs = new HashMap<>();
    for (Mount mount : op.mounts()) {
      if (mount.output() < 0) {
        continue;
      }
      MountedRoot mounted = roots.get(mount);
      if (mounted == null) {
        throw new SlipwayException(
            ErrorKind.INVALID, "mount " + mount.destination() + " cannot have an output");
      }
      List<String> chain = new ArrayList<>(chain(mount, context));
      if (!mount.readOnly()) {
        StoredLayer layer;
        try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.DIFFING)) {
          layer = mounted.commit(layerIds.get());
        }
        made.accept(layer);
        chain.add(layer.id());
      }
      outputs.put(mount.output(), List.copyOf(chain));
    }
    return outputs;
  }
}
