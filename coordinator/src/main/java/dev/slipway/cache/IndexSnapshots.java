package dev.slipway.cache;

import dev.slipway.cluster.Codec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the index over restarts of the coordinator: workers still hold the bytes then, but only the
 * index knows what they are. A thread writes it to a file when it changed; what a crash loses is
 * built again.
 *
 * <p>The file: the magic {@code SLIPIDX2}, then entries of a kind byte (1 = record, 2 = layer, 3 =
 * digest of a part), a length of four bytes and the value; layers have their id and digests their
 * key, as {@link DataOutputStream#writeUTF} writes it, before the length. A kind of 0 ends the
 * file. A file that breaks off was not written by a finished snapshot and is not used.
 */
public final class IndexSnapshots implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IndexSnapshots.class);
  private static final byte[] MAGIC = {'S', 'L', 'I', 'P', 'I', 'D', 'X', '2'};
  private static final int END = 0;
  private static final int RECORD = 1;
  private static final int LAYER = 2;
  private static final int CONTENT = 3;

  /** No value is nearly as large; a larger length is a broken file. */
  private static final int MAX_VALUE_BYTES = 16 << 20;

  /** Layers learned at once when reading. */
  private static final int BATCH = 1000;

  private final ClusterCacheIndex index;
  private final Path file;
  private final Duration interval;
  private final Thread writer;
  private long saved;

  private IndexSnapshots(ClusterCacheIndex index, Path file, Duration interval) {
    this.index = index;
    this.file = file;
    this.interval = interval;
    this.writer = Thread.ofVirtual().name("index-snapshots").unstarted(this::writeNowAndThen);
  }

  /**
   * Reads the file into the index, if there is one, and keeps it up to date from then on. To be
   * called before workers join.
   *
   * @param interval time between two looks whether something changed
   */
  public static IndexSnapshots start(ClusterCacheIndex index, Path file, Duration interval) {
    IndexSnapshots snapshots = new IndexSnapshots(index, file, interval);
    snapshots.read();
    snapshots.saved = index.changes();
    snapshots.writer.start();
    return snapshots;
  }

  /** Writes what is new; to be called while the cluster still runs. */
  @Override
  public void close() {
    writer.interrupt();
    try {
      writer.join();
      writeIfChanged();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeNowAndThen() {
    try {
      while (true) {
        Thread.sleep(interval);
        writeIfChanged();
      }
    } catch (InterruptedException _) {
      LOG.debug("index snapshots stopped");
    }
  }

  private void writeIfChanged() {
    long changes = index.changes();
    if (changes == saved) {
      return;
    }
    try {
      write();
      saved = changes;
    } catch (IOException | UncheckedIOException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .setCause(e)
          .log("the cache index could not be saved; tried again later");
    }
  }

  private void write() throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(next)))) {
      out.write(MAGIC);
      index.forEachRecord(
          record -> writeEntry(out, RECORD, Optional.empty(), RecordCodecs.RECORD.encode(record)));
      index.forEachLastingLayer(layer -> {
        StoredLayer stored =
            new StoredLayer(
                layer.size(),
                layer.blob(),
                layer.origin(),
                Map.of(),
                layer.createdAt(),
                layer.durable());
        writeEntry(out, LAYER, Optional.of(layer.id()), RecordCodecs.LAYER.encode(stored));
      });
      index.forEachContent((key, digest) ->
          writeEntry(out, CONTENT, Optional.of(key), RecordCodecs.TEXT.encode(digest)));
      out.writeByte(END);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void writeEntry(
      DataOutputStream out, int kind, Optional<String> id, byte[] value) {
    try {
      out.writeByte(kind);
      if (id.isPresent()) {
        out.writeUTF(id.get());
      }
      out.writeInt(value.length);
      out.write(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    if (!Files.exists(file)) {
      return;
    }
    List<CacheRecord> records = new ArrayList<>();
    List<LayerRecord> layers = new ArrayList<>();
    Map<String, String> contents = new HashMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw new IOException("it is not an index snapshot of this version");
      }
      for (int kind = in.readByte(); kind != END; kind = in.readByte()) {
        switch (kind) {
          case RECORD -> records.add(readValue(in, RecordCodecs.RECORD));
          case LAYER -> {
            String id = in.readUTF();
            layers.add(readValue(in, RecordCodecs.LAYER).record(id, Map.of()));
          }
          case CONTENT -> {
            String key = in.readUTF();
            contents.put(key, readValue(in, RecordCodecs.TEXT));
          }
          default -> throw new IOException("it has an entry of kind " + kind);
        }
      }
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .setCause(e)
          .log("the saved cache index is unreadable; starting with an empty one");
      return;
    }
    for (int from = 0; from < layers.size(); from += BATCH) {
      index.learn(layers.subList(from, Math.min(layers.size(), from + BATCH)));
    }
    for (int from = 0; from < records.size(); from += BATCH) {
      index.save(records.subList(from, Math.min(records.size(), from + BATCH)));
    }
    index.saveContents(contents);
    LOG.atInfo()
        .addKeyValue("records", records.size())
        .addKeyValue("layers", layers.size())
        .log("cache index read");
  }

  private static <V> V readValue(DataInputStream in, Codec<V> codec) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MAX_VALUE_BYTES) {
      throw new IOException("it has a value of " + length + " bytes");
    }
    byte[] value = new byte[length];
    in.readFully(value);
    return codec.decode(value);
  }
}
