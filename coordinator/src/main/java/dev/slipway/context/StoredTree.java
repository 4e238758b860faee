package dev.slipway.context;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A received tree or a selection of one; its bytes are in the store that made it. @ThreadSafe */
final class StoredTree implements ContextTree {
  /** Files that are read whole are Dockerfiles and ignore lists. */
  private static final long MAXIMUM_READ = 64L << 20;

  private static final Entry ROOT =
      new Entry("", FileMode.DIRECTORY | 0755, 0, 0, 0, 0, "", Optional.empty());

  private final ContextStore store;

  /** The received tree that this is a part of; null = this is one itself. */
  private final @Nullable StoredTree origin;

  private final List<Entry> entries;
  private final TreePaths paths;
  private final long size;
  private final AtomicReference<@Nullable Digest> contentDigest = new AtomicReference<>();
  private final AtomicReference<@Nullable Digest> layerDigest = new AtomicReference<>();

  StoredTree(ContextStore store, @Nullable StoredTree origin, List<Entry> entries) {
    this.store = store;
    this.origin = origin;
    this.entries = List.copyOf(entries);
    this.paths = new TreePaths(this.entries);
    this.size =
        entries.stream()
            .filter(entry -> FileMode.isRegular(entry.mode()) && entry.linkName().isEmpty())
            .mapToLong(Entry::size)
            .sum();
  }

  /** Where its bytes are. */
  ContextStore store() {
    return store;
  }

  StoredTree origin() {
    return origin == null ? this : origin;
  }

  @Override
  public List<Entry> entries() {
    return entries;
  }

  /** The entry with exactly this path, links not followed. */
  Optional<Entry> entry(String path) {
    int index = paths.index(path);
    return index < 0 ? Optional.empty() : Optional.of(entries.get(index));
  }

  @Override
  public Digest contentDigest() {
    Digest known = contentDigest.get();
    if (known == null) {
      known = TreeDigests.content(entries);
      contentDigest.set(known);
    }
    return known;
  }

  @Override
  public Digest layerDigest() {
    Digest known = layerDigest.get();
    if (known == null) {
      known = TreeDigests.layer(entries);
      layerDigest.set(known);
    }
    return known;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public ContextTree select(List<PathSelector> selectors) {
    TreeSelection selection = new TreeSelection(entries);
    selectors.forEach(selection::add);
    List<Entry> selected = selection.entries();
    return selected.size() == entries.size() ? this : new StoredTree(store, origin(), selected);
  }

  @Override
  public Optional<Entry> stat(String path) {
    OptionalInt index = paths.resolve(path, true, link -> {});
    return index.isEmpty()
        ? Optional.empty()
        : Optional.of(index.getAsInt() == TreePaths.ROOT ? ROOT : entries.get(index.getAsInt()));
  }

  @Override
  public byte[] readFile(String path) throws SlipwayException, IOException {
    Entry entry = regular(path);
    if (entry.size() > MAXIMUM_READ) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "read " + path + ": " + entry.size() + " bytes, at most " + MAXIMUM_READ + " are read");
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) entry.size());
    copy(entry, bytes);
    return bytes.toByteArray();
  }

  @Override
  public void copyFile(String path, OutputStream out) throws SlipwayException, IOException {
    copy(regular(path), out);
  }

  private Entry regular(String path) throws SlipwayException {
    Entry entry = stat(path).orElseThrow(() -> missing(path));
    if (!FileMode.isRegular(entry.mode())) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "read "
              + path
              + ": "
              + (FileMode.isDirectory(entry.mode()) ? "is a directory" : "not a regular file"));
    }
    return entry;
  }

  private void copy(Entry file, OutputStream out) throws IOException {
    try (FileContents contents = store.contents(origin())) {
      contents.copy(file.content().orElseThrow(), out);
    }
  }

  @Override
  public List<Entry> list(String path) throws SlipwayException {
    int directory = paths.resolve(path, true, link -> {}).orElseThrow(() -> missing(path));
    if (!paths.isDirectory(directory)) {
      throw new SlipwayException(ErrorKind.INVALID, "readdir " + path + ": not a directory");
    }
    List<Entry> children = new ArrayList<>();
    paths.children(directory).forEach(index -> children.add(entries.get(index)));
    children.sort(Comparator.comparing(Entry::path));
    return List.copyOf(children);
  }

  @Override
  public void writeTar(OutputStream out) throws IOException {
    try (FileContents contents = store.contents(origin())) {
      TreeTar.write(entries, contents, out);
    }
  }

  private static SlipwayException missing(String path) {
    return new SlipwayException(
        ErrorKind.NOT_FOUND, "open " + path + ": no such file or directory");
  }
}
