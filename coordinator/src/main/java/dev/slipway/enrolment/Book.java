package dev.slipway.enrolment;

import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.Codec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;

/**
 * A shared map that also stands in a file of each coordinator, so that the farm knows it after all
 * of them have ended; what a split of the cluster loses is put back from there. {@code this} guards
 * what is known. @ThreadSafe
 *
 * <p>The file: the magic {@code SLIPREG1}, the number of entries, and each one's key, length and
 * value as {@link DataOutputStream} writes them.
 */
final class Book<V> {
  private static final long MAGIC = 0x534C495052454731L;

  /** An entry takes some hundred bytes; a larger length is a broken file. */
  private static final int MAX_VALUE_BYTES = 4 << 10;

  private final ClusterMap<V> map;
  private final Codec<V> codec;
  private final Path file;
  private final BinaryOperator<V> merge;
  private Map<String, V> known = new HashMap<>();

  /**
   * @param merge what two places know of the same key, together
   */
  Book(ClusterMap<V> map, Codec<V> codec, Path file, BinaryOperator<V> merge) {
    this.map = map;
    this.codec = codec;
    this.file = file;
    this.merge = merge;
  }

  /** Reads the file into the map, if there is one. @throws IOException when it is broken */
  synchronized void open() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (in.readLong() != MAGIC) {
        throw new IOException(file + " is not of this version");
      }
      for (int left = in.readInt(); left > 0; left--) {
        String key = in.readUTF();
        byte[] value = new byte[Math.clamp(in.readInt(), 0, MAX_VALUE_BYTES)];
        in.readFully(value);
        known.put(key, codec.decode(value));
      }
    }
    restore();
  }

  Optional<V> get(String key) {
    return map.get(key);
  }

  /** What all coordinators know, as of the last {@link #refresh}. */
  synchronized Map<String, V> known() {
    return Map.copyOf(known);
  }

  /** Changes one entry, and has it on this coordinator's disk before it returns. */
  synchronized Optional<V> update(String key, ClusterMap.Change<V> change) throws IOException {
    Optional<V> now = Optional.ofNullable(map.update(List.of(key), change).get(key));
    now.ifPresent(value -> known.put(key, value));
    write();
    return now;
  }

  /** Takes up what others changed; returns whether there was anything. */
  synchronized boolean refresh() throws IOException {
    restore();
    Map<String, V> now = new HashMap<>();
    map.forEach(now::put);
    if (now.equals(known)) {
      return false;
    }
    known = now;
    write();
    return true;
  }

  /** Forgets entries, here and at all others. */
  synchronized void forget(Predicate<V> of) throws IOException {
    List<String> keys =
        known.entrySet().stream()
            .filter(entry -> of.test(entry.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    if (!keys.isEmpty()) {
      keys.forEach(known::remove);
      keys.forEach(map::remove);
      write();
    }
  }

  /** Puts into the map what it lacks of what is known here. */
  private void restore() {
    Map<String, V> there = map.getAll(known.keySet());
    List<String> behind =
        known.keySet().stream()
            .filter(key ->
                !Optional.ofNullable(there.get(key))
                    .map(value -> merge.apply(known.get(key), value).equals(value))
                    .orElse(false))
            .toList();
    if (!behind.isEmpty()) {
      map.update(
          behind,
          (key, before) ->
              Optional.of(
                  before
                      .map(value -> merge.apply(known.get(key), value))
                      .orElseGet(() -> known.get(key))));
    }
  }

  private void write() throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(next)))) {
      out.writeLong(MAGIC);
      out.writeInt(known.size());
      for (Map.Entry<String, V> entry : known.entrySet()) {
        byte[] value = codec.encode(entry.getValue());
        out.writeUTF(entry.getKey());
        out.writeInt(value.length);
        out.write(value);
      }
    }
    // A machine that loses power right after must not have forgotten it.
    try (FileChannel written = FileChannel.open(next, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
