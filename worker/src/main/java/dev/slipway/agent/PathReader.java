package dev.slipway.agent;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.PathStat;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.sandbox.RootPath;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.TransferProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Answers questions about files of results. Paths are followed inside the result's
 * root. @ThreadSafe
 */
final class PathReader {
  /** Below the coordinator's limit of 16 MiB for a message. */
  private static final int MAX_DATA = 12 << 20;

  /** Entries of one listing; more would not fit a message either. */
  private static final int MAX_ENTRIES = 50_000;

  private final SnapshotStore store;
  private final LayerFetcher fetcher;

  PathReader(SnapshotStore store, LayerFetcher fetcher) {
    this.store = store;
    this.fetcher = fetcher;
  }

  /** Answers; never throws but for an interrupt. */
  ReadPathOutcome read(ReadPath request) throws InterruptedException {
    List<Layer> layers = request.getChain().getLayersList();
    List<String> chain = layers.stream().map(Layer::getId).toList();
    try (LayerFetcher.Held _ = fetcher.hold(List.of(layers), TransferProgress.NONE);
        MountedRoot root = store.mount(chain, false)) {
      return answer(request, root.path());
    } catch (SlipwayException e) {
      return failed(request, e.getMessage(), e.kind());
    }
  }

  /** Answers of what is below the directory; never throws. */
  static ReadPathOutcome answer(ReadPath request, Path root) {
    ReadPathOutcome.Builder outcome =
        ReadPathOutcome.newBuilder().setRequestId(request.getRequestId());
    try {
      fill(outcome, request, root);
      return outcome.build();
    } catch (SlipwayException e) {
      return failed(request, e.getMessage(), e.kind());
    } catch (IOException e) {
      return failed(
          request,
          "read of " + request.getPath() + " failed: " + e.getMessage(),
          ErrorKind.INTERNAL);
    }
  }

  private static ReadPathOutcome failed(ReadPath request, String message, ErrorKind kind) {
    return ReadPathOutcome.newBuilder()
        .setRequestId(request.getRequestId())
        .setError(message)
        .setErrorKind(kind.name())
        .build();
  }

  private static void fill(ReadPathOutcome.Builder outcome, ReadPath request, Path root)
      throws SlipwayException, IOException {
    RootPath.Target target = RootPath.follow(root, request.getPath());
    if (!target.exists()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "open " + request.getPath() + ": no such file or directory");
    }
    switch (request.getKind()) {
      case FILE -> outcome.setData(data(target.existing(), request));
      case STAT -> outcome.addStats(stat(target.existing()));
      case LIST -> list(outcome, target.existing(), request);
      case UNRECOGNIZED ->
          throw new SlipwayException(
              ErrorKind.UNSUPPORTED, "this kind of read is not supported yet");
    }
  }

  private static ByteString data(Path file, ReadPath request) throws SlipwayException, IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "read " + request.getPath() + ": is not a regular file");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long available = Math.max(0, channel.size() - Math.max(0, request.getOffset()));
      long wanted = request.getLength() < 0 ? available : Math.min(available, request.getLength());
      if (wanted > MAX_DATA) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED,
            "read "
                + request.getPath()
                + ": "
                + wanted
                + " bytes are more than the "
                + MAX_DATA
                + " of one read");
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) wanted);
      channel.position(Math.max(0, request.getOffset()));
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
      return ByteString.copyFrom(buffer.flip());
    }
  }

  private static void list(ReadPathOutcome.Builder outcome, Path directory, ReadPath request)
      throws SlipwayException, IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "readdir " + request.getPath() + ": not a directory");
    }
    PathMatcher matcher;
    try {
      String pattern = request.getIncludePattern();
      matcher =
          pattern.isEmpty()
              ? _ -> true
              : FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException | InvalidPathException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "include pattern " + request.getIncludePattern() + ": " + e.getMessage(),
          e);
    }
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> sorted =
          entries
              .filter(entry -> matcher.matches(entry.getFileName()))
              .limit(MAX_ENTRIES + 1L)
              .sorted()
              .toList();
      if (sorted.size() > MAX_ENTRIES) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED,
            "readdir " + request.getPath() + ": more than " + MAX_ENTRIES + " entries");
      }
      for (Path entry : sorted) {
        outcome.addStats(stat(entry));
      }
    }
  }

  private static PathStat stat(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            path, "unix:mode,uid,gid,size,lastModifiedTime,rdev", LinkOption.NOFOLLOW_LINKS);
    int mode = (Integer) attributes.get("mode");
    PathStat.Builder stat =
        PathStat.newBuilder()
            .setPath(path.getFileName().toString())
            .setMode(GoFileMode.of(mode))
            .setUid((Integer) attributes.get("uid"))
            .setGid((Integer) attributes.get("gid"))
            .setModTime(((FileTime) attributes.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS));
    if (GoFileMode.isRegular(mode)) {
      stat.setSize((Long) attributes.get("size"));
    } else if (GoFileMode.isSymlink(mode)) {
      stat.setLinkname(Files.readSymbolicLink(path).toString());
    } else if (GoFileMode.isDevice(mode)) {
      long device = (Long) attributes.get("rdev");
      stat.setDevmajor(device >>> 8 & 0xfff).setDevminor(device & 0xff | device >>> 12 & 0xfffff00);
    }
    return stat.build();
  }
}
