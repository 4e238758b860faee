package dev.slipway.protocol;

import static dev.slipway.protocol.LlbCodec.index;
import static dev.slipway.protocol.LlbCodec.invalid;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import dev.slipway.protocol.buildkit.ops.CDIDevice;
import dev.slipway.protocol.buildkit.ops.CacheOpt;
import dev.slipway.protocol.buildkit.ops.CacheSharingOpt;
import dev.slipway.protocol.buildkit.ops.ExecOp;
import dev.slipway.protocol.buildkit.ops.HostIP;
import dev.slipway.protocol.buildkit.ops.Meta;
import dev.slipway.protocol.buildkit.ops.MountContentCache;
import dev.slipway.protocol.buildkit.ops.MountType;
import dev.slipway.protocol.buildkit.ops.NetMode;
import dev.slipway.protocol.buildkit.ops.ProxyEnv;
import dev.slipway.protocol.buildkit.ops.SSHOpt;
import dev.slipway.protocol.buildkit.ops.SecretEnv;
import dev.slipway.protocol.buildkit.ops.SecretOpt;
import dev.slipway.protocol.buildkit.ops.SecurityMode;
import dev.slipway.protocol.buildkit.ops.TmpfsOpt;
import dev.slipway.protocol.buildkit.ops.Ulimit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** Exec ops. */
final class ExecCodec {
  private static final List<Integer> ONLY_ZERO = List.of(0);

  private ExecCodec() {}

  static Op.Exec decode(ExecOp wire, int inputs) throws SlipwayException {
    if (!wire.hasMeta()) {
      throw invalid("invalid exec op with no meta");
    }
    if (wire.getMeta().getArgsCount() == 0) {
      throw invalid("invalid exec op with no args");
    }
    if (wire.getMountsCount() == 0) {
      throw invalid("invalid exec op with no mounts");
    }
    List<Mount> mounts = new ArrayList<>(wire.getMountsCount());
    for (dev.slipway.protocol.buildkit.ops.Mount mount : wire.getMountsList()) {
      mounts.add(mount(mount, wire.getMeta().getCwd(), inputs, wire.getMountsCount()));
    }
    if (mounts.stream().filter(mount -> mount.destination().equals("/")).count() != 1) {
      throw invalid("invalid exec op with no rootfs");
    }
    Op.Network network =
        switch (wire.getNetwork()) {
          case UNSET -> Op.Network.SANDBOX;
          case HOST -> Op.Network.HOST;
          case NONE -> Op.Network.NONE;
          case UNRECOGNIZED -> throw invalid("invalid network mode of exec op");
        };
    boolean insecure =
        switch (wire.getSecurity()) {
          case SANDBOX -> false;
          case INSECURE -> true;
          case UNRECOGNIZED -> throw invalid("invalid security mode of exec op");
        };
    List<SecretEnvironment> secrets =
        wire.getSecretenvList().stream()
            .map(env -> new SecretEnvironment(env.getID(), env.getName(), env.getOptional()))
            .toList();
    List<Op.Device> devices =
        wire.getCdiDevicesList().stream()
            .map(device -> new Op.Device(device.getName(), device.getOptional()))
            .toList();
    return new Op.Exec(meta(wire.getMeta()), mounts, network, insecure, secrets, devices);
  }

  static ExecOp encode(Op.Exec exec) {
    ExecOp.Builder wire = ExecOp.newBuilder().setMeta(meta(exec.meta()));
    exec.mounts().forEach(mount -> wire.addMounts(mount(mount)));
    wire.setNetwork(
        switch (exec.network()) {
          case SANDBOX -> NetMode.UNSET;
          case HOST -> NetMode.HOST;
          case NONE -> NetMode.NONE;
        });
    wire.setSecurity(exec.insecure() ? SecurityMode.INSECURE : SecurityMode.SANDBOX);
    for (SecretEnvironment env : exec.secretEnvironment()) {
      wire.addSecretenv(
          SecretEnv.newBuilder().setID(env.id()).setName(env.name()).setOptional(env.optional()));
    }
    for (Op.Device device : exec.devices()) {
      wire.addCdiDevices(
          CDIDevice.newBuilder().setName(device.name()).setOptional(device.optional()));
    }
    return wire.build();
  }

  private static Mount mount(
      dev.slipway.protocol.buildkit.ops.Mount wire, String cwd, int inputs, int mounts)
      throws SlipwayException {
    int input = index(wire.getInput(), -1, inputs, "mount input");
    int named = index(wire.getOutput(), -1, mounts, "mount output");
    Mount.Kind kind =
        switch (wire.getMountType()) {
          case BIND -> new Mount.Kind.Bind();
          case CACHE ->
              new Mount.Kind.Cache(cacheId(wire), sharing(wire.getCacheOpt().getSharing()));
          case TMPFS -> new Mount.Kind.Tmpfs(Math.max(0, wire.getTmpfsOpt().getSize()));
          case SECRET -> {
            SecretOpt secret = wire.getSecretOpt();
            yield new Mount.Kind.Secret(
                secret.getID(),
                secret.getUid(),
                secret.getGid(),
                secret.getMode(),
                secret.getOptional());
          }
          case SSH -> {
            SSHOpt ssh = wire.getSSHOpt();
            yield new Mount.Kind.Ssh(
                ssh.getID(), ssh.getUid(), ssh.getGid(), ssh.getMode(), ssh.getOptional());
          }
          case UNRECOGNIZED -> throw invalid("invalid mount type of exec op");
        };
    boolean passesOn = kind instanceof Mount.Kind.Cache && input >= 0;
    // Clients leave the field of secret and ssh mounts at 0, which means nothing there.
    int output = kind instanceof Mount.Kind.Bind || passesOn ? named : -1;
    if (wire.getDest().equals("/") && !(kind instanceof Mount.Kind.Bind)) {
      throw invalid("invalid mount type " + wire.getMountType() + " for /");
    }
    return new Mount(
        input,
        wire.getSelector(),
        destination(wire.getDest(), cwd),
        output,
        wire.getReadonly(),
        kind,
        contentKey(wire, input, output, kind));
  }

  private static Mount.ContentKey contentKey(
      dev.slipway.protocol.buildkit.ops.Mount wire, int input, int output, Mount.Kind kind)
      throws SlipwayException {
    return switch (wire.getContentCache()) {
      case DEFAULT -> Mount.ContentKey.DEFAULT;
      case OFF -> Mount.ContentKey.NEVER;
      case ON -> {
        boolean counts =
            input >= 0 && (kind instanceof Mount.Kind.Bind || kind instanceof Mount.Kind.Cache);
        boolean whole = clean(wire.getSelector()).equals("/");
        if (counts && output >= 0 && !wire.getReadonly() && !whole) {
          throw invalid("invalid mount cache content " + wire.getDest());
        }
        yield Mount.ContentKey.ALWAYS;
      }
      case UNRECOGNIZED -> throw invalid("invalid content cache of mount " + wire.getDest());
    };
  }

  /** A relative destination is below the working directory. */
  private static String destination(String given, String cwd) {
    return given.startsWith("/") ? given : clean("/" + cwd + "/" + given);
  }

  private static String clean(String path) {
    Deque<String> names = new ArrayDeque<>();
    for (String name : path.split("/")) {
      switch (name) {
        case "", "." -> {}
        case ".." -> names.pollLast();
        default -> names.add(name);
      }
    }
    return "/" + String.join("/", names);
  }

  private static String cacheId(dev.slipway.protocol.buildkit.ops.Mount wire) {
    return wire.getCacheOpt().getID().isEmpty() ? wire.getDest() : wire.getCacheOpt().getID();
  }

  private static Mount.Sharing sharing(CacheSharingOpt wire) throws SlipwayException {
    return switch (wire) {
      case SHARED -> Mount.Sharing.SHARED;
      case PRIVATE -> Mount.Sharing.PRIVATE;
      case LOCKED -> Mount.Sharing.LOCKED;
      case UNRECOGNIZED -> throw invalid("invalid sharing mode of cache mount");
    };
  }

  private static dev.slipway.protocol.buildkit.ops.Mount mount(Mount mount) {
    dev.slipway.protocol.buildkit.ops.Mount.Builder wire =
        dev.slipway.protocol.buildkit.ops.Mount.newBuilder()
            .setInput(mount.input())
            .setSelector(mount.selector())
            .setDest(mount.destination())
            .setOutput(mount.output())
            .setReadonly(mount.readOnly())
            .setContentCache(
                switch (mount.contentKey()) {
                  case DEFAULT -> MountContentCache.DEFAULT;
                  case ALWAYS -> MountContentCache.ON;
                  case NEVER -> MountContentCache.OFF;
                });
    switch (mount.kind()) {
      case Mount.Kind.Bind bind -> wire.setMountType(MountType.BIND);
      case Mount.Kind.Cache cache ->
          wire.setMountType(MountType.CACHE)
              .setCacheOpt(
                  CacheOpt.newBuilder()
                      .setID(cache.id())
                      .setSharing(CacheSharingOpt.valueOf(cache.sharing().name())));
      case Mount.Kind.Tmpfs tmpfs ->
          wire.setMountType(MountType.TMPFS)
              .setTmpfsOpt(TmpfsOpt.newBuilder().setSize(tmpfs.size()));
      case Mount.Kind.Secret(String id, int uid, int gid, int mode, boolean optional) ->
          wire.setMountType(MountType.SECRET)
              .setSecretOpt(
                  SecretOpt.newBuilder()
                      .setID(id)
                      .setUid(uid)
                      .setGid(gid)
                      .setMode(mode)
                      .setOptional(optional));
      case Mount.Kind.Ssh(String id, int uid, int gid, int mode, boolean optional) ->
          wire.setMountType(MountType.SSH)
              .setSSHOpt(
                  SSHOpt.newBuilder()
                      .setID(id)
                      .setUid(uid)
                      .setGid(gid)
                      .setMode(mode)
                      .setOptional(optional));
    }
    return wire.build();
  }

  static ExecMeta meta(Meta wire) {
    List<ExecMeta.ExtraHost> hosts =
        wire.getExtraHostsList().stream()
            .map(host -> new ExecMeta.ExtraHost(host.getHost(), host.getIP()))
            .toList();
    List<ExecMeta.Ulimit> limits =
        wire.getUlimitList().stream()
            .map(limit -> new ExecMeta.Ulimit(limit.getName(), limit.getSoft(), limit.getHard()))
            .toList();
    return new ExecMeta(
        wire.getArgsList(),
        wire.getEnvList(),
        wire.getCwd().isEmpty() ? "/" : wire.getCwd(),
        wire.getUser(),
        wire.getHostname(),
        hosts,
        limits,
        proxies(wire.getProxyEnv()),
        wire.getValidExitCodesList(),
        wire.getCgroupParent(),
        wire.getRemoveMountStubsRecursive());
  }

  private static Meta meta(ExecMeta meta) {
    Meta.Builder wire =
        Meta.newBuilder()
            .addAllArgs(meta.arguments())
            .addAllEnv(meta.environment())
            .setCwd(meta.workingDirectory())
            .setUser(meta.user())
            .setHostname(meta.hostname())
            .setCgroupParent(meta.cgroupParent())
            .setRemoveMountStubsRecursive(meta.removeParentsOfStubs());
    meta.extraHosts()
        .forEach(
            host -> wire.addExtraHosts(HostIP.newBuilder().setHost(host.host()).setIP(host.ip())));
    for (ExecMeta.Ulimit limit : meta.ulimits()) {
      wire.addUlimit(
          Ulimit.newBuilder().setName(limit.name()).setSoft(limit.soft()).setHard(limit.hard()));
    }
    if (!meta.proxyEnvironment().isEmpty()) {
      wire.setProxyEnv(proxies(meta.proxyEnvironment()));
    }
    if (!meta.validExitCodes().equals(ONLY_ZERO)) {
      wire.addAllValidExitCodes(meta.validExitCodes());
    }
    return wire.build();
  }

  /** Each setting under both its upper-case and its lower-case name. */
  private static List<String> proxies(ProxyEnv wire) {
    List<String> environment = new ArrayList<>();
    addProxy(environment, "HTTP_PROXY", wire.getHttpProxy());
    addProxy(environment, "HTTPS_PROXY", wire.getHttpsProxy());
    addProxy(environment, "FTP_PROXY", wire.getFtpProxy());
    addProxy(environment, "NO_PROXY", wire.getNoProxy());
    addProxy(environment, "ALL_PROXY", wire.getAllProxy());
    return environment;
  }

  private static void addProxy(List<String> environment, String name, String value) {
    if (!value.isEmpty()) {
      environment.add(name + "=" + value);
      environment.add(name.toLowerCase(Locale.ROOT) + "=" + value);
    }
  }

  private static ProxyEnv proxies(List<String> environment) {
    ProxyEnv.Builder wire = ProxyEnv.newBuilder();
    for (String entry : environment) {
      int equals = entry.indexOf('=');
      String value = entry.substring(equals + 1);
      switch (entry.substring(0, Math.max(0, equals)).toUpperCase(Locale.ROOT)) {
        case "HTTP_PROXY" -> wire.setHttpProxy(value);
        case "HTTPS_PROXY" -> wire.setHttpsProxy(value);
        case "FTP_PROXY" -> wire.setFtpProxy(value);
        case "NO_PROXY" -> wire.setNoProxy(value);
        case "ALL_PROXY" -> wire.setAllProxy(value);
        default -> throw new IllegalArgumentException("\"" + entry + "\" is not a proxy setting");
      }
    }
    return wire.build();
  }
}
