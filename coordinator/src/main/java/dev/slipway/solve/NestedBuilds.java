package dev.slipway.solve;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Build ops of one solve: each reads the definition that its input holds and solves it, on a thread
 * of its own. The driver hears how it ended.
 */
final class NestedBuilds {
  /**
   * Definitions within definitions. Each level is a solve that waits for the next one; what people
   * write has one.
   */
  static final int MAX_DEPTH = 8;

  /** Longest definition that is read, in bytes: as much as a client may send in one message. */
  private static final int MAX_DEFINITION = 15 << 20;

  private final BuildContext build;
  private final SolveParts parts;
  private final int depth;
  private final Solving solver;
  private final Consumer<SolveEvent> driver;
  private final Map<Digest, Thread> running = new ConcurrentHashMap<>();

  /** Solves a definition in the build's place. */
  @FunctionalInterface
  interface Solving {
    SolvedResult solve(Definition definition) throws SlipwayException, InterruptedException;
  }

  /**
   * @param depth how many definitions the solve itself is within
   */
  NestedBuilds(
      BuildContext build,
      SolveParts parts,
      int depth,
      Solving solver,
      Consumer<SolveEvent> driver) {
    this.build = build;
    this.parts = parts;
    this.depth = depth;
    this.solver = solver;
    this.driver = driver;
  }

  /**
   * Begins one.
   *
   * @param input the chain that holds the definition
   * @param tree the same when it is a client's directory
   */
  void begin(Vertex vertex, LayerChain input, Optional<ContextTree> tree) {
    Op.Build op = (Op.Build) vertex.op();
    Thread thread =
        Thread.ofVirtual()
            .name("nested-" + vertex.digest().value())
            .unstarted(() -> run(vertex.digest(), op, input, tree));
    running.put(vertex.digest(), thread);
    thread.start();
  }

  boolean isRunning() {
    return !running.isEmpty();
  }

  /** One has ended. */
  void over(Digest vertex) {
    running.remove(vertex);
  }

  /** Ends those that run, and what runs for them alone. */
  void abandon() {
    running.values().forEach(Thread::interrupt);
  }

  private void run(Digest vertex, Op.Build op, LayerChain input, Optional<ContextTree> tree) {
    try {
      if (depth >= MAX_DEPTH) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "build op: definitions are nested deeper than " + MAX_DEPTH + " levels");
      }
      byte[] bytes = tree.isPresent() ? read(tree.get(), op.file()) : read(input, op.file());
      Definition definition = decode(bytes, op.file());
      parts.nested().check(build, definition);
      SolvedResult result = solver.solve(definition);
      result.tree().ifPresent(made -> parts.trees().publish(build.buildId(), made));
      driver.accept(new SolveEvent.NestedDone(vertex, result.chain()));
    } catch (SlipwayException e) {
      driver.accept(new SolveEvent.NestedFailed(vertex, e));
    } catch (InterruptedException e) {
      driver.accept(
          new SolveEvent.NestedFailed(
              vertex, new SlipwayException(ErrorKind.CANCELLED, "build op was cancelled", e)));
    } catch (RuntimeException e) {
      driver.accept(
          new SolveEvent.NestedFailed(
              vertex, new SlipwayException(ErrorKind.INTERNAL, "build op failed: " + e, e)));
    }
  }

  private static byte[] read(ContextTree tree, String file) throws SlipwayException {
    String path = file.startsWith("/") ? file.substring(1) : file;
    byte[] data;
    try {
      data = tree.readFile(path);
    } catch (java.io.IOException e) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "failed to open " + file, e);
    }
    if (data.length > MAX_DEFINITION) {
      throw tooLong(file);
    }
    return data;
  }

  private byte[] read(LayerChain chain, String file) throws SlipwayException, InterruptedException {
    if (chain.layers().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "failed to open " + file + ": no such file or directory");
    }
    String worker = holder(chain);
    ReadPathOutcome outcome =
        parts
            .fleet()
            .read(
                worker,
                ReadPath.newBuilder()
                    .setRequestId(UUID.randomUUID().toString())
                    .setChain(
                        dev.slipway.protocol.worker.LayerChain.newBuilder()
                            .addAllLayers(parts.references().describe(chain, build, worker)))
                    .setPath("/" + file)
                    .setKind(ReadPath.Kind.FILE)
                    .setLength(MAX_DEFINITION + 1L)
                    .build());
    if (!outcome.getError().isEmpty()) {
      throw new SlipwayException(
          kind(outcome.getErrorKind()), "failed to open " + file + ": " + outcome.getError());
    }
    if (outcome.getData().size() > MAX_DEFINITION) {
      throw tooLong(file);
    }
    return outcome.getData().toByteArray();
  }

  /** The worker that has to fetch least. */
  private String holder(LayerChain chain) throws SlipwayException {
    Map<String, LayerRecord> known = parts.index().layers(chain.layers());
    return parts.fleet().workers().stream()
        .map(WorkerNode::id)
        .max(
            Comparator.comparingLong(worker ->
                known.values().stream()
                    .filter(record -> record.holders().contains(worker))
                    .count()))
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.UNAVAILABLE,
                "the definition of a build op was not read: no worker has joined the farm"));
  }

  private static Definition decode(byte[] bytes, String file) throws SlipwayException {
    try {
      Definition definition =
          LlbCodec.decode(dev.slipway.protocol.buildkit.ops.Definition.parseFrom(bytes));
      if (definition.vertices().isEmpty()) {
        throw new SlipwayException(ErrorKind.INVALID, "invalid empty definition");
      }
      return definition;
    } catch (InvalidProtocolBufferException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, file + " is no definition: " + e.getMessage(), e);
    }
  }

  private static SlipwayException tooLong(String file) {
    return new SlipwayException(
        ErrorKind.EXHAUSTED,
        "definition " + file + " is longer than the " + MAX_DEFINITION + " bytes allowed");
  }

  private static ErrorKind kind(String name) {
    return Arrays.stream(ErrorKind.values())
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElse(ErrorKind.INTERNAL);
  }
}
