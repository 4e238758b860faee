package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What clients are told that this farm can do. Only what is really served is listed: clients adapt,
 * or fail early with a clear message.
 */
public final class Capabilities {
  /** Calls of the gateway, by BuildKit's ids, sorted. */
  public static final List<String> GATEWAY =
      List.of(
          "frontend.caps",
          "frontend.inputs",
          "gateway.evaluate",
          "gateway.exec",
          "gateway.exec.extrahosts",
          "gateway.exec.filesystem",
          "gateway.exec.secretenv",
          "gateway.exec.signals",
          "gateway.solve.evaluate",
          "gateway.solve.metadata",
          "gateway.warnings",
          "proto.refarray",
          "readdir",
          "readfile",
          "reference.output",
          "resolveimage",
          "resolveimage.resolvemode",
          "return",
          "returnmap",
          "solve.base",
          "solve.inlinereturn",
          "source.metaresolver",
          "statfile");

  /** Ops and attributes of the build graph, by BuildKit's ids, sorted. */
  public static final List<String> LLB =
      List.of(
          "constraints",
          "diffop",
          "exec.meta.base",
          "exec.meta.cdi",
          "exec.meta.cgroup.parent",
          "exec.meta.linux.resources",
          "exec.meta.network",
          "exec.meta.proxyenv",
          "exec.meta.removemountstubs.recursive",
          "exec.meta.security",
          "exec.meta.security.devices.v1",
          "exec.meta.setsdefaultpath",
          "exec.meta.ulimit",
          "exec.mount.bind",
          "exec.mount.bind.readwrite-nooutput",
          "exec.mount.cache",
          "exec.mount.cache.content",
          "exec.mount.cache.sharing",
          "exec.mount.secret",
          "exec.mount.selector",
          "exec.mount.ssh",
          "exec.mount.tmpfs",
          "exec.mount.tmpfs.size",
          "exec.secretenv",
          "exec.validexitcode",
          "exporter.image.annotations",
          "exporter.multiple",
          "exporter.session",
          "exporter.sourcedateepoch",
          "gc.freespacefilter",
          "file.base",
          "file.copy.alwaysreplaceexistingdestpaths",
          "file.copy.includeexcludepatterns",
          "file.copy.modestring",
          "file.copy.requiredpaths",
          "file.rm.nofollowsymlink",
          "file.rm.wildcard",
          "file.symlink.create",
          "mergeop",
          "meta.description",
          "meta.exportcache",
          "meta.ignorecache",
          "passthroughop",
          "platform",
          "source.buildop.llbfilename",
          "soruce.http.uidgid",
          "source.git",
          "source.git.bundle",
          "source.git.checkoutbundle",
          "source.git.checksum",
          "source.git.fetchbycommit",
          "source.git.fullurl",
          "source.git.httpauth",
          "source.git.keepgitdir",
          "source.git.knownsshhosts",
          "source.git.mountsshsock",
          "source.git.mtime",
          "source.git.skipsubmodules",
          "source.git.subdir",
          "source.http",
          "source.http.auth",
          "source.http.checksum",
          "source.http.header",
          "source.http.perm",
          "source.http.signatureverify",
          "source.image",
          "source.image.checksum",
          "source.image.layerlimit",
          "source.image.resolvemode",
          "source.imageblob",
          "source.local",
          "source.local.differ",
          "source.local.excludepatterns",
          "source.local.followpaths",
          "source.local.includepatterns",
          "source.local.metadatatransfer",
          "source.local.sessionid",
          "source.local.sharedkeyhint",
          "source.local.unique",
          "source.ocilayout",
          "source.policy",
          "source.policy.session");

  private static final Set<String> SERVED = Set.copyOf(LLB);

  private Capabilities() {}

  /**
   * Checks what the graph says that it needs. @throws SlipwayException UNSUPPORTED naming the first
   * thing that is not served
   */
  public static void check(Definition definition) throws SlipwayException {
    for (Vertex vertex : definition.vertices().values()) {
      for (Map.Entry<String, Boolean> capability : vertex.metadata().capabilities().entrySet()) {
        if (capability.getValue() && !SERVED.contains(capability.getKey())) {
          throw new SlipwayException(
              ErrorKind.UNSUPPORTED,
              "requested feature "
                  + capability.getKey()
                  + " is not supported by build server, at "
                  + vertex.name());
        }
      }
    }
  }
}
