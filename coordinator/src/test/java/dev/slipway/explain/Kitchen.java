package dev.slipway.explain;

import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import dev.slipway.context.TreeOrder;
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
import dev.slipway.plan.BuildGraph;
import dev.slipway.protocol.buildkit.ops.ExecOp;
import dev.slipway.protocol.buildkit.ops.Meta;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** A Dockerfile as a graph with keys: one stage, a line after the other. */
final class Kitchen {
  private final List<Vertex> vertices = new ArrayList<>();
  private final Map<Digest, String> keys = new HashMap<>();
  private final Map<Digest, Digest> images = new HashMap<>();
  private final Map<Digest, ContextTree> trees = new HashMap<>();
  private final Map<Digest, List<SourceMap.Location>> locations = new HashMap<>();
  private final StringBuilder dockerfile = new StringBuilder();
  private final Platform platform;
  private String domain = "";
  private boolean fresh;
  private int line;

  Kitchen(Platform platform) {
    this.platform = platform;
  }

  Kitchen() {
    this(Platform.LINUX_AMD64);
  }

  Kitchen domain(String name) {
    domain = name;
    return this;
  }

  /** Steps from here on are told not to use the cache. */
  Kitchen fresh() {
    fresh = true;
    return this;
  }

  Kitchen from(String image, String digest) {
    write("FROM " + image);
    Op op = new Op.Source("docker-image://docker.io/library/" + image, Map.of());
    Vertex vertex = add("[1/9] FROM " + image, op, List.of(), image);
    images.put(vertex.digest(), Digest.ofText(digest));
    keys.put(vertex.digest(), digest);
    return this;
  }

  /**
   * @param environment {@code NAME=value}
   */
  Kitchen run(String command, String... environment) {
    Vertex root = vertices.getLast();
    write("RUN " + command);
    ExecMeta meta =
        new ExecMeta(
            List.of("/bin/sh", "-c", command),
            List.of(environment),
            "/",
            "",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Mount mount = new Mount(0, "", "/", 0, false, new Mount.Kind.Bind());
    Op op = new Op.Exec(meta, List.of(mount), Op.Network.SANDBOX, false, List.of());
    String said = command + String.join(",", environment);
    Vertex vertex = add("[%d/9] RUN %s".formatted(line, said), op, List.of(root), said);
    keys.put(vertex.digest(), platform + said + keys.get(root.digest()));
    return this;
  }

  /** Copies everything. @param files {@code path=content} */
  Kitchen copy(String... files) {
    Vertex root = vertices.getLast();
    write("COPY . /src");
    ContextTree tree = new Files(files);
    Vertex local = add("context", new Op.Source("local://context", Map.of()), List.of(), "local");
    var options =
        new FileAction.CopyOptions(
            false, true, false, true, false, false, false, List.of(), List.of(), List.of());
    var change =
        new FileAction.Change.Copy(
            "/",
            "/src",
            Optional.empty(),
            OptionalInt.empty(),
            "",
            options,
            FileAction.NO_TIMESTAMP);
    Op op = new Op.File(List.of(new FileAction(0, 1, 0, change)));
    Vertex vertex =
        add("[%d/9] COPY . /src".formatted(line), op, List.of(root, local), "copy" + line);
    trees.put(vertex.digest(), tree);
    keys.put(vertex.digest(), tree.contentDigest() + keys.get(root.digest()));
    return this;
  }

  /** The step that stands in that line of the Dockerfile. */
  Digest step(int number) {
    return vertices.stream()
        .filter(vertex -> vertex.name().startsWith("[" + number + "/"))
        .findFirst()
        .orElseThrow()
        .digest();
  }

  List<Digest> steps() {
    return vertices.stream()
        .filter(vertex -> !(vertex.op() instanceof Op.Source))
        .map(Vertex::digest)
        .toList();
  }

  Ingredients ingredients() {
    Map<Digest, Vertex> all = new LinkedHashMap<>();
    vertices.forEach(vertex -> all.put(vertex.digest(), vertex));
    SourceMap sources =
        new SourceMap(
            List.of(
                new SourceMap.SourceFile(
                    "Dockerfile",
                    dockerfile.toString().getBytes(StandardCharsets.UTF_8),
                    "Dockerfile")),
            locations);
    Definition definition =
        new Definition(all, Optional.of(new Edge(vertices.getLast().digest(), 0)), sources);
    return new Ingredients(
        "tenant",
        domain,
        BuildGraph.of(List.of(definition)),
        keys,
        images,
        (vertex, input) -> input == 1 ? Optional.ofNullable(trees.get(vertex)) : Optional.empty());
  }

  private void write(String text) {
    dockerfile.append(text).append('\n');
    line++;
  }

  private Vertex add(String name, Op op, List<Vertex> inputs, String said) {
    byte[] bytes =
        dev.slipway.protocol.buildkit.ops.Op.newBuilder()
            .setExec(ExecOp.newBuilder().setMeta(Meta.newBuilder().addArgs(said)))
            .build()
            .toByteArray();
    Digest digest = Digest.ofText(said + platform + line + inputs);
    boolean source = op instanceof Op.Source;
    Vertex vertex =
        new Vertex(
            digest,
            bytes,
            op,
            inputs.stream().map(input -> new Edge(input.digest(), 0)).toList(),
            Optional.of(platform),
            new VertexMetadata(
                fresh && !source, Map.of("llb.customname", name), Optional.empty(), Map.of()));
    locations.put(
        digest, List.of(new SourceMap.Location(0, List.of(SourceMap.Range.lines(line, line)))));
    vertices.add(vertex);
    keys.putIfAbsent(digest, said);
    return vertex;
  }

  /** A directory with files of these contents; a name that ends in a slash is a directory. */
  static List<Entry> entries(String... files) {
    Map<String, Entry> entries = new TreeMap<>(TreeOrder.INSTANCE);
    for (String file : files) {
      String[] parts = file.split("=", 2);
      for (int slash = parts[0].indexOf('/'); slash > 0; slash = parts[0].indexOf('/', slash + 1)) {
        entries.putIfAbsent(
            parts[0].substring(0, slash),
            new Entry(
                parts[0].substring(0, slash),
                FileMode.DIRECTORY | 0755,
                0,
                0,
                0,
                0,
                "",
                Optional.empty()));
      }
      if (parts.length == 2) {
        entries.put(
            parts[0],
            new Entry(parts[0], 0644, 0, 0, 1, 0, "", Optional.of(Digest.ofText(parts[1]))));
      }
    }
    return List.copyOf(entries.values());
  }

  private record Files(List<Entry> entries) implements ContextTree {
    Files(String... files) {
      this(Kitchen.entries(files));
    }

    @Override
    public Digest contentDigest() {
      return Digest.ofText(entries.toString());
    }

    @Override
    public Digest layerDigest() {
      return contentDigest();
    }

    @Override
    public long size() {
      return entries.size();
    }

    @Override
    public ContextTree select(List<PathSelector> selectors) {
      return this;
    }

    @Override
    public Optional<Entry> stat(String path) {
      return Optional.empty();
    }

    @Override
    public byte[] readFile(String path) {
      return new byte[0];
    }

    @Override
    public void copyFile(String path, OutputStream out) {}

    @Override
    public List<Entry> list(String path) {
      return entries;
    }

    @Override
    public void writeTar(OutputStream out) {}
  }
}
