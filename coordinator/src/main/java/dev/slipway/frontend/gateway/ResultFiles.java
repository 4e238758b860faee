package dev.slipway.frontend.gateway;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.protocol.worker.PathStat;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.LayerReferences;
import dev.slipway.solve.SolvedResult;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Files of results: of a local directory's from the coordinator's own store, of any other's from a
 * worker that holds its layers. @ThreadSafe
 */
public final class ResultFiles {
  /** Longest content in one answer, in bytes: gRPC clients take messages of 16 MiB. */
  private static final int LONGEST_READ = 15 << 20;

  private final Fleet fleet;
  private final CacheIndex index;
  private final LayerReferences references;

  public ResultFiles(Fleet fleet, CacheIndex index, LayerReferences references) {
    this.fleet = fleet;
    this.index = index;
    this.references = references;
  }

  /**
   * A part of a file.
   *
   * @param length in bytes, -1 = to the end
   */
  public record Section(long offset, long length) {
    public static final Section ALL = new Section(0, -1);

    public Section {
      if (offset < 0 || length < -1) {
        throw new IllegalArgumentException("section [" + offset + ", +" + length + ") is negative");
      }
    }
  }

  /**
   * Reads a file. @throws SlipwayException NOT_FOUND when there is none, EXHAUSTED when it does not
   * fit in one answer
   */
  public byte[] read(BuildContext build, SolvedResult result, String path, Section section)
      throws SlipwayException, IOException, InterruptedException {
    byte[] data;
    if (result.tree().isPresent()) {
      byte[] whole = result.tree().get().readFile(relative(path));
      int from = (int) Math.min(section.offset(), whole.length);
      int to =
          section.length() < 0
              ? whole.length
              : (int) Math.min(whole.length, from + section.length());
      data = from == 0 && to == whole.length ? whole : Arrays.copyOfRange(whole, from, to);
    } else if (result.chain().layers().isEmpty()) {
      throw missing("open", path);
    } else {
      ReadPath.Builder read =
          ReadPath.newBuilder()
              .setPath(path)
              .setKind(ReadPath.Kind.FILE)
              .setOffset(section.offset())
              .setLength(section.length());
      data = ask(build, result, read).getData().toByteArray();
    }
    if (data.length > LONGEST_READ) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "reading "
              + path
              + " failed: "
              + data.length
              + " bytes do not fit in one message of at most "
              + LONGEST_READ);
    }
    return data;
  }

  /**
   * Describes what is at a path, symbolic links followed. @throws SlipwayException NOT_FOUND when
   * there is nothing
   */
  public FileStat stat(BuildContext build, SolvedResult result, String path)
      throws SlipwayException, InterruptedException {
    if (result.tree().isPresent()) {
      return FileStat.of(
          result.tree().get().stat(relative(path)).orElseThrow(() -> missing("lstat", path)));
    }
    if (result.chain().layers().isEmpty()) {
      throw missing("lstat", path);
    }
    List<PathStat> stats =
        ask(
                build,
                result,
                ReadPath.newBuilder().setPath(path).setKind(ReadPath.Kind.STAT).setLength(-1))
            .getStatsList();
    if (stats.isEmpty()) {
      throw missing("lstat", path);
    }
    return FileStat.of(stats.getFirst());
  }

  /** Lists a directory by name. @param includePattern glob over names, empty = all */
  public List<FileStat> list(
      BuildContext build, SolvedResult result, String path, String includePattern)
      throws SlipwayException, InterruptedException {
    Optional<ContextTree> tree = result.tree();
    if (tree.isPresent()) {
      PathMatcher wanted =
          FileSystems.getDefault()
              .getPathMatcher("glob:" + (includePattern.isEmpty() ? "*" : includePattern));
      return tree.get().list(relative(path)).stream()
          .map(FileStat::of)
          .filter(stat -> wanted.matches(Path.of(stat.name())))
          .toList();
    }
    if (result.chain().layers().isEmpty()) {
      if (relative(path).isEmpty()) {
        return List.of();
      }
      throw missing("open", path);
    }
    ReadPath.Builder read =
        ReadPath.newBuilder()
            .setPath(path)
            .setKind(ReadPath.Kind.LIST)
            .setIncludePattern(includePattern)
            .setLength(-1);
    return ask(build, result, read).getStatsList().stream().map(FileStat::of).toList();
  }

  private ReadPathOutcome ask(BuildContext build, SolvedResult result, ReadPath.Builder read)
      throws SlipwayException, InterruptedException {
    String worker = holder(result.chain().layers());
    LayerChain chain =
        LayerChain.newBuilder()
            .addAllLayers(references.describe(result.chain(), build, worker))
            .build();
    ReadPathOutcome outcome =
        fleet.read(worker, read.setRequestId(UUID.randomUUID().toString()).setChain(chain).build());
    if (!outcome.getError().isEmpty()) {
      throw new SlipwayException(kind(outcome.getErrorKind()), outcome.getError());
    }
    return outcome;
  }

  /** The worker that has to fetch least. */
  private String holder(List<String> layers) throws SlipwayException {
    Map<String, LayerRecord> known = index.layers(layers);
    return fleet.workers().stream()
        .map(WorkerNode::id)
        .max(
            Comparator.comparingLong(worker ->
                layers.stream()
                    .map(known::get)
                    .filter(record -> record != null && record.holders().contains(worker))
                    .count()))
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.UNAVAILABLE, "reading a result failed: no worker has joined the farm"));
  }

  private static ErrorKind kind(String name) {
    return Arrays.stream(ErrorKind.values())
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElse(ErrorKind.INTERNAL);
  }

  private static String relative(String path) {
    String clean = Path.of("/", path).normalize().toString();
    return clean.substring(1);
  }

  private static SlipwayException missing(String what, String path) {
    return new SlipwayException(
        ErrorKind.NOT_FOUND, what + " " + path + ": no such file or directory");
  }
}
