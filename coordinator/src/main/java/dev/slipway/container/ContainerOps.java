package dev.slipway.container;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.NewContainerRequest;
import dev.slipway.protocol.buildkit.ops.ExecOp;
import dev.slipway.protocol.buildkit.ops.Input;
import dev.slipway.protocol.buildkit.ops.Meta;
import dev.slipway.protocol.buildkit.ops.Mount;
import dev.slipway.protocol.buildkit.ops.MountType;
import dev.slipway.protocol.buildkit.ops.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes what a frontend wants of a container as an exec op, so that a worker mounts it as it
 * mounts a step.
 *
 * @param op whose inputs are the results, in order; its process is a placeholder
 * @param results ids of the results that are mounted
 */
public record ContainerOps(Vertex op, List<String> results) {
  /** Mounts of one container; a Dockerfile's RUN has a handful. */
  private static final int MAX_MOUNTS = 128;

  private static final long NONE = -1;

  public ContainerOps {
    results = List.copyOf(results);
  }

  /** Reads the request. @throws SlipwayException INVALID when it is no container */
  public static ContainerOps of(NewContainerRequest request) throws SlipwayException {
    if (request.getMountsCount() > MAX_MOUNTS) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "a container of more than " + MAX_MOUNTS + " mounts");
    }
    List<String> results = new ArrayList<>();
    ExecOp.Builder exec =
        ExecOp.newBuilder()
            .setMeta(
                Meta.newBuilder()
                    .addArgs("true")
                    .setCwd("/")
                    .setHostname(request.getHostname())
                    .addAllExtraHosts(request.getExtraHostsList()))
            .setNetwork(request.getNetwork());
    Op.Builder op = Op.newBuilder();
    for (Mount mount : request.getMountsList()) {
      boolean root = mount.getDest().equals("/");
      if (root && mount.getMountType() != MountType.BIND) {
        throw new SlipwayException(
            ErrorKind.INVALID, "invalid mount type " + mount.getMountType() + " for /");
      }
      Mount.Builder mounted =
          mount.toBuilder()
              .clearResultID()
              .setDest(mount.getDest().startsWith("/") ? mount.getDest() : "/" + mount.getDest())
              .setOutput(NONE)
              .setInput(NONE);
      if (!mount.getResultID().isEmpty()) {
        mounted.setInput(results.size());
        results.add(mount.getResultID());
        op.addInputs(
            Input.newBuilder()
                .setDigest(
                    Digest.of(("input " + results.size()).getBytes(StandardCharsets.UTF_8))
                        .value()));
      }
      exec.addMounts(mounted);
    }
    if (exec.getMountsList().stream().noneMatch(mount -> mount.getDest().equals("/"))) {
      throw new SlipwayException(ErrorKind.INVALID, "a container needs a mount at /");
    }
    ByteString bytes = op.setExec(exec).build().toByteString();
    return new ContainerOps(LlbCodec.readVertex(bytes.toByteArray()), results);
  }
}
