package dev.slipway.plan;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Small build graphs for tests; each vertex is known by its name. */
public final class Graphs {
  private final Map<Digest, Vertex> vertices = new LinkedHashMap<>();

  /** An image. */
  public Vertex image(String name) {
    return add(
        name,
        new Op.Source(
            "docker-image://docker.io/library/" + name + ":latest@" + Digest.ofText(name),
            Map.of()),
        List.of());
  }

  /** A process on top of {@code root}. */
  public Vertex run(String name, Vertex root) {
    Mount mount = new Mount(0, "", "/", 0, false, new Mount.Kind.Bind());
    return add(
        name,
        new Op.Exec(meta(name), List.of(mount), Op.Network.SANDBOX, false, List.of()),
        List.of(root));
  }

  /** A process on top of {@code root} with a cache mount at /cache. */
  public Vertex run(String name, Vertex root, String mountId, Mount.Sharing sharing) {
    Mount mount = new Mount(0, "", "/", 0, false, new Mount.Kind.Bind());
    Mount cache = new Mount(-1, "", "/cache", -1, false, new Mount.Kind.Cache(mountId, sharing));
    return add(
        name,
        new Op.Exec(meta(name), List.of(mount, cache), Op.Network.SANDBOX, false, List.of()),
        List.of(root));
  }

  private static ExecMeta meta(String name) {
    return new ExecMeta(
        List.of("run", name), List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
  }

  /** A copy of everything in {@code from} to {@code root}. */
  public Vertex copy(String name, Vertex root, Vertex from) {
    return copy(name, root, from, "/");
  }

  /** A copy of one path in {@code from} to {@code root}. */
  public Vertex copy(String name, Vertex root, Vertex from, String path) {
    var options =
        new FileAction.CopyOptions(
            false, true, false, true, false, false, false, List.of(), List.of(), List.of());
    var change =
        new FileAction.Change.Copy(
            path,
            "/" + name,
            Optional.empty(),
            OptionalInt.empty(),
            "",
            options,
            FileAction.NO_TIMESTAMP);
    return add(name, new Op.File(List.of(new FileAction(0, 1, 0, change))), List.of(root, from));
  }

  /** The filesystems over each other, the first at the bottom. */
  public Vertex merge(String name, Vertex... inputs) {
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      indexes.add(i);
    }
    return add(name, new Op.Merge(indexes), List.of(inputs));
  }

  /** What {@code upper} has against {@code lower}. */
  public Vertex diff(String name, Vertex lower, Vertex upper) {
    return add(name, new Op.Diff(0, 1), List.of(lower, upper));
  }

  /** Gives the first input on, once all are there. */
  public Vertex passthrough(String name, Vertex... inputs) {
    return add(name, new Op.Passthrough(name, List.of(0)), List.of(inputs));
  }

  /** Solves the definition that {@code input} holds. */
  public Vertex build(String name, Vertex input) {
    return add(name, new Op.Build(0, Map.of()), List.of(input));
  }

  /** The same vertex, told not to use the cache. */
  public Vertex fresh(Vertex vertex) {
    var metadata =
        new VertexMetadata(true, vertex.metadata().description(), Optional.empty(), Map.of());
    Vertex fresh =
        new Vertex(
            vertex.digest(),
            vertex.bytes(),
            vertex.op(),
            vertex.inputs(),
            vertex.platform(),
            metadata);
    vertices.put(fresh.digest(), fresh);
    return fresh;
  }

  public Definition definition(Vertex result) {
    return new Definition(vertices, Optional.of(new Edge(result.digest(), 0)), SourceMap.EMPTY);
  }

  private Vertex add(String name, Op op, List<Vertex> inputs) {
    List<Edge> edges = new ArrayList<>();
    inputs.forEach(input -> edges.add(new Edge(input.digest(), 0)));
    var metadata =
        new VertexMetadata(false, Map.of("llb.customname", name), Optional.empty(), Map.of());
    Vertex vertex =
        new Vertex(
            Digest.ofText(name),
            bytes(name),
            op,
            edges,
            Optional.of(Platform.LINUX_AMD64),
            metadata);
    vertices.put(vertex.digest(), vertex);
    return vertex;
  }

  /** An op that no other name has; only its bytes matter to cache keys. */
  private static byte[] bytes(String name) {
    return dev.slipway.protocol.buildkit.ops.Op.newBuilder()
        .setExec(
            dev.slipway.protocol.buildkit.ops.ExecOp.newBuilder()
                .setMeta(dev.slipway.protocol.buildkit.ops.Meta.newBuilder().addArgs(name)))
        .build()
        .toByteArray();
  }
}
