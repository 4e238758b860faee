package dev.slipway.execute;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.linux.DiskFull;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.DirectoryCopy;
import dev.slipway.mounts.MountBeginning;
import dev.slipway.sandbox.ExecSpec;
import dev.slipway.sandbox.RootPath;
import dev.slipway.sandbox.SandboxMount;
import dev.slipway.sandbox.SecretVariable;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Brings about what a process finds: its mounts, and the spec that names them. @ThreadSafe */
final class ExecPreparation {
  private static final int ANY_EXECUTE = 0111;

  private final SnapshotStore store;
  private final CacheMounts cacheMounts;
  private final Path scratch;

  /**
   * @param scratch on tmpfs, for what must not reach a disk
   */
  ExecPreparation(SnapshotStore store, CacheMounts cacheMounts, Path scratch) {
    this.store = store;
    this.cacheMounts = cacheMounts;
    this.scratch = scratch;
  }

  /**
   * Mounts everything, waiting for cache mounts where their sharing demands it. What is returned
   * holds the mounts until it is closed.
   */
  PreparedExec prepare(Op.Exec op, StepContext context)
      throws SlipwayException, InterruptedException {
    checkHosts(op.meta());
    context.client().check(op);
    PreparedExec prepared =
        new PreparedExec(
            op,
            context,
            StepMounts.take(
                op,
                context.cacheMounts(),
                cacheMounts,
                mount -> beginning(op, mount, context),
                context.notes()),
            new ClientFiles(scratch));
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

  private ExecSpec mount(Op.Exec op, StepContext context, PreparedExec prepared)
      throws SlipwayException {
    List<SandboxMount> mounts = new ArrayList<>();
    Path root = Path.of("/");
    for (Mount mount : op.mounts()) {
      if (mount == op.root()) {
        // Writable below a process that may not write: mount points have to be made in it.
        MountedRoot mounted = store.mount(context.chain(mount), true);
        prepared.holds(mount, mounted);
        root = mounted.path();
      } else {
        beside(op, mount, context, prepared).ifPresent(mounts::add);
      }
    }
    // Outer ones first, whatever order they were named in.
    mounts.sort(Comparator.comparing(SandboxMount::destination));
    return new ExecSpec(
        "exec-" + UUID.randomUUID(),
        root,
        op.root().readOnly(),
        op.meta(),
        mounts,
        op.network(),
        context.timeout(),
        op.insecure(),
        secretEnvironment(op, context));
  }

  /** A mount beside the root; none for an optional one that the client lacks. */
  private Optional<SandboxMount> beside(
      Op.Exec op, Mount mount, StepContext context, PreparedExec prepared) throws SlipwayException {
    ClientSide client = context.client();
    return switch (mount.kind()) {
      case Mount.Kind.Tmpfs(long size) ->
          Optional.of(new SandboxMount.Tmpfs(mount.destination(), size, mount.readOnly()));
      case Mount.Kind.Cache _ ->
          Optional.of(
              new SandboxMount.Bind(
                  prepared.caches().directory(mount), mount.destination(), mount.readOnly(), true));
      case Mount.Kind.Bind _ -> {
        MountedRoot mounted = store.mount(context.chain(mount), !mount.readOnly());
        prepared.holds(mount, mounted);
        yield Optional.of(
            new SandboxMount.Bind(
                select(mount, op.mounts().indexOf(mount), mounted.path()),
                mount.destination(),
                mount.readOnly(),
                false));
      }
      case Mount.Kind.Secret secret -> {
        Optional<ByteString> value = client.secret(secret.id());
        yield value.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new SandboxMount.Secret(
                    prepared.files().secret(value.get(), secret),
                    mount.destination(),
                    (secret.mode() & ANY_EXECUTE) != 0));
      }
      case Mount.Kind.Ssh ssh ->
          client.refusal(ssh.id()).isPresent()
              ? Optional.empty()
              : Optional.of(
                  new SandboxMount.Socket(
                      prepared.files().socket(ssh, () -> client.connect(ssh.id())),
                      mount.destination()));
    };
  }

  private static List<SecretVariable> secretEnvironment(Op.Exec op, StepContext context) {
    return op.secretEnvironment().stream()
        .map(wanted ->
            new SecretVariable(
                wanted.name(), context.client().secret(wanted.id()).orElse(ByteString.EMPTY)))
        .toList();
  }

  private static void checkHosts(ExecMeta meta) throws StepFailedException {
    for (ExecMeta.ExtraHost host : meta.extraHosts()) {
      if (!NetUtil.isValidIpV4Address(host.ip()) && !NetUtil.isValidIpV6Address(host.ip())) {
        throw new StepFailedException("failed to parse IP " + host.ip(), 0);
      }
    }
  }

  /** Where the selector leads in the input, never outside of it. */
  private static Path select(Mount mount, int index, Path root) throws SlipwayException {
    String selector = mount.selector();
    if (selector.isEmpty() || selector.equals("/") || selector.equals(".")) {
      return root;
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
