package dev.slipway.layers;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.DiffSize;
import dev.slipway.snapshot.OverlayMarks;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The unpacking of one layer tar into a layer directory. Owned by one thread. */
final class LayerUnpacking implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerUnpacking.class);
  private static final int BUFFER = 256 << 10;
  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";

  /** What is remembered of one directory beside its path, in bytes. */
  private static final int DIRECTORY_WEIGHT = 100;

  /** Some half a million directories: several layers are unpacked at once. */
  private static final long MAX_DIRECTORY_BYTES = 96L << 20;

  /** Marks of aufs, which mean nothing here. */
  private static final String AUFS = ".wh..wh.";

  private final Path directory;
  private final LayerTree tree;
  private final OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER);
  private final byte[] bytes = new byte[BUFFER];

  /** Times of directories, set when nothing more is put into them. */
  private final Map<String, Long> directoryTimes = new LinkedHashMap<>();

  private long directoryBytes;
  private long size;

  /** Whether something was unpacked that a later entry took away again. */
  private boolean replaced;

  /** Extended attributes of the entry at hand. */
  private Map<String, byte[]> extended = Map.of();

  /** Whether names like {@code .wh.x} say that something was removed. */
  private final boolean markers;

  private final LayerLimits limits;

  LayerUnpacking(Path directory, List<Path> below, LayerLimits limits) throws IOException {
    this(directory, below, limits, true);
  }

  /** Into a directory of plain files. */
  static LayerUnpacking ofFiles(Path directory, LayerLimits limits) throws IOException {
    return new LayerUnpacking(directory, List.of(), limits, false);
  }

  private LayerUnpacking(Path directory, List<Path> below, LayerLimits limits, boolean markers)
      throws IOException {
    this.limits = limits;
    this.markers = markers;
    this.directory = directory;
    this.tree = new LayerTree(directory, below);
  }

  void entry(TarArchiveEntry entry, InputStream content, Map<String, byte[]> attributes)
      throws IOException {
    this.extended = attributes;
    String path = clean(entry.getName());
    if (path.isEmpty()) {
      if (entry.isDirectory()) {
        tree.root().ownerAndMode(uid(entry), gid(entry), entry.getMode() & 07777);
        directoryTimes.put("", nanos(entry));
      }
      return;
    }
    int slash = path.lastIndexOf('/');
    String parentPath = slash < 0 ? "" : path.substring(0, slash);
    String name = path.substring(slash + 1);
    if (markers && ("/" + parentPath).contains("/" + WHITEOUT)) {
      // A directory of such a name would be a marker to whoever is sent this layer.
      throw new LayerApplier.BadLayer("it has the entry " + path + " below a marker");
    }
    Directory parent = tree.directory(parentPath);
    if (markers && name.startsWith(WHITEOUT)) {
      marker(parent, parentPath, name);
      return;
    }
    if (!entry.isDirectory() && !supported(entry, path)) {
      return;
    }
    boolean hidden = clear(parent, path, name, entry.isDirectory());
    if (entry.isDirectory()) {
      if (parent.find(name).isEmpty()) {
        parent.makeDirectory(name, 0700);
      }
      if (hidden) {
        OpaqueMark.set(parent, name);
      }
      remember(path, nanos(entry));
      attributes(parent, name, path, entry);
      return;
    }
    if (entry.isLink()) {
      link(parent, name, path, clean(entry.getLinkName()));
      return;
    }
    make(parent, name, entry, content);
    attributes(parent, name, path, entry);
  }

  /** Sets what had to wait; returns the bytes of all files. */
  long finish() throws IOException {
    List<String> paths = new ArrayList<>(directoryTimes.keySet());
    for (String path : paths.reversed()) {
      if (path.isEmpty()) {
        tree.root().times(directoryTimes.get(path));
        continue;
      }
      int slash = path.lastIndexOf('/');
      Directory parent = tree.directory(slash < 0 ? "" : path.substring(0, slash));
      if (parent.find(path.substring(slash + 1)).isPresent()) {
        parent.times(path.substring(slash + 1), directoryTimes.get(path));
      }
    }
    return replaced ? DiffSize.of(directory) : size;
  }

  /** More bytes are on the disk. A sparse file of a small tar may have as many as it likes. */
  private void grow(long bytes) throws IOException {
    size += bytes;
    limits.checkBytes(size);
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("unpacking was interrupted");
    }
  }

  private void remember(String path, long time) throws LimitExceeded {
    if (directoryTimes.put(path, time) == null) {
      directoryBytes += path.length() + DIRECTORY_WEIGHT;
      if (directoryBytes > MAX_DIRECTORY_BYTES) {
        throw new LimitExceeded("it has more directories than " + directoryTimes.size());
      }
    }
  }

  private void marker(Directory parent, String parentPath, String name) throws IOException {
    if (name.equals(OPAQUE)) {
      ExtendedAttributes.set(
          parent.pathOfSelf(), dev.slipway.diff.LayerWalk.OPAQUE, new byte[] {'y'});
      return;
    }
    if (name.startsWith(AUFS)) {
      return;
    }
    String removed = name.substring(WHITEOUT.length());
    if (removed.isEmpty() || removed.equals(".") || removed.equals("..")) {
      throw new LayerApplier.BadLayer(
          "it has the marker " + parentPath + "/" + name + " that names nothing");
    }
    Optional<Status> existing = parent.find(removed);
    if (existing.isEmpty()) {
      OverlayMarks.whiteout(parent, removed);
    } else if (existing.get().isDirectory()) {
      // The marker speaks of the layers below; the directory is this layer's own.
      OpaqueMark.set(parent, removed);
    }
  }

  /** Makes room for a new entry; whether a whiteout was in its place. */
  private boolean clear(Directory parent, String path, String name, boolean directory)
      throws IOException {
    Optional<Status> existing = parent.find(name);
    if (existing.isEmpty() || (directory && existing.get().isDirectory())) {
      return false;
    }
    replaced |= !existing.get().isWhiteout();
    if (existing.get().isDirectory()) {
      parent.removeTree(name);
      directoryTimes.keySet().removeIf(other -> other.equals(path) || other.startsWith(path + "/"));
      return false;
    }
    parent.removeFile(name);
    return existing.get().isWhiteout();
  }

  private static boolean supported(TarArchiveEntry entry, String path) throws IOException {
    if (entry.isCharacterDevice() && entry.getDevMajor() == 0 && entry.getDevMinor() == 0) {
      throw new LayerApplier.BadLayer(
          "it has the device 0:0 at " + path + ", which would remove files unsaid");
    }
    if (entry.isFile()
        || entry.isSymbolicLink()
        || entry.isLink()
        || entry.isCharacterDevice()
        || entry.isBlockDevice()
        || entry.isFIFO()) {
      return true;
    }
    log.atDebug()
        .addKeyValue("type", (int) entry.getLinkFlag())
        .addKeyValue("path", path)
        .log("tar entry of unknown type left out");
    return false;
  }

  private void make(Directory parent, String name, TarArchiveEntry entry, InputStream content)
      throws IOException {
    if (entry.isSymbolicLink()) {
      parent.makeSymlink(name, entry.getLinkName());
    } else if (entry.isFIFO()) {
      parent.makeNode(name, Status.FIFO | 0600, 0, 0);
    } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      int type = entry.isCharacterDevice() ? Status.CHARACTER_DEVICE : Status.BLOCK_DEVICE;
      try {
        parent.makeNode(name, type | 0600, entry.getDevMajor(), entry.getDevMinor());
      } catch (LinuxException e) {
        if (e.errno() != Errno.EPERM) {
          throw e;
        }
        // Nobody can make devices in a user namespace, and containers get their own /dev.
        log.atWarn()
            .addKeyValue("path", entry.getName())
            .log("device node of a layer left out, not permitted in a user namespace");
      }
    } else {
      try (OpenFile file = parent.create(name, 0600)) {
        for (int count = content.read(bytes); count >= 0; count = content.read(bytes)) {
          file.write(buffer, bytes, 0, count);
          grow(count);
        }
      }
    }
  }

  private void attributes(Directory parent, String name, String path, TarArchiveEntry entry)
      throws IOException {
    Optional<Status> made = parent.find(name);
    if (made.isEmpty()) {
      return;
    }
    try {
      parent.owner(name, uid(entry), gid(entry));
    } catch (LinuxException e) {
      if (e.errno() == Errno.EINVAL) {
        throw new LayerApplier.BadLayer(
            path
                + " belongs to user "
                + entry.getLongUserId()
                + ", group "
                + entry.getLongGroupId()
                + ", which the worker's subordinate ids (/etc/subuid, /etc/subgid) do not cover");
      }
      throw e;
    }
    if (!made.get().isSymlink()) {
      parent.mode(name, entry.getMode() & 07777);
    }
    for (Map.Entry<String, byte[]> attribute : extended.entrySet()) {
      extended(parent, name, attribute.getKey(), attribute.getValue());
    }
    if (!made.get().isDirectory()) {
      parent.times(name, nanos(entry));
    }
  }

  private static void extended(Directory parent, String name, String attribute, byte[] value)
      throws IOException {
    boolean wanted =
        attribute.equals("security.capability")
            || (attribute.startsWith("user.") && !attribute.startsWith("user.overlay."));
    if (!wanted) {
      return;
    }
    try {
      ExtendedAttributes.set(parent.pathOf(name), attribute, value);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EPERM && e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
      log.atDebug()
          .addKeyValue("attribute", attribute)
          .log("extended attribute of a layer left out");
    }
  }

  private void link(Directory parent, String name, String path, String target) throws IOException {
    int slash = target.lastIndexOf('/');
    String targetName = target.substring(slash + 1);
    if (targetName.isEmpty() || target.equals(path)) {
      throw new LayerApplier.BadLayer(
          "the hard link " + path + " has the target \"" + target + "\"");
    }
    try (Directory from = tree.root().resolve(slash < 0 ? "" : target.substring(0, slash))) {
      Optional<Status> status = from.find(targetName);
      if (status.isPresent() && !status.get().isDirectory() && !status.get().isWhiteout()) {
        parent.link(from, targetName, name);
        return;
      }
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
        throw e;
      }
    }
    copyFromBelow(parent, name, path, target);
  }

  /**
   * A hard link to a file of another layer becomes a copy: overlayfs does the same when it copies
   * up.
   */
  private void copyFromBelow(Directory parent, String name, String path, String target)
      throws IOException {
    Optional<Path> holder = tree.holder(target);
    if (holder.isEmpty()) {
      throw new LayerApplier.BadLayer(
          "the hard link " + path + " leads to " + target + ", which is not there");
    }
    try (Directory root = Directory.open(holder.get());
        OpenFile source = root.resolveFile(target);
        OpenFile file = parent.create(name, 0600)) {
      Status status = source.status();
      // Before it is copied: a few bytes of tar may name a huge file again and again.
      grow(source.status().size());
      file.copyFrom(source, buffer);
      file.owner(status.uid(), status.gid());
      file.mode(status.permissions());
      file.times(status.modified());
    }
  }

  /** The path without leading slash, dots and doubled slashes; the layer's root is empty. */
  static String clean(String raw) throws IOException {
    StringBuilder path = new StringBuilder(raw.length());
    for (String part : raw.split("/")) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (part.equals("..")) {
        throw new LayerApplier.BadLayer("it has the path \"" + raw + "\" that leaves it");
      }
      if (part.getBytes(StandardCharsets.UTF_8).length > 255) {
        throw new LayerApplier.BadLayer("it has a name of more than 255 bytes");
      }
      path.append(path.isEmpty() ? "" : "/").append(part);
    }
    return path.toString();
  }

  private static int uid(TarArchiveEntry entry) {
    return (int) entry.getLongUserId();
  }

  private static int gid(TarArchiveEntry entry) {
    return (int) entry.getLongGroupId();
  }

  private static long nanos(TarArchiveEntry entry) {
    return entry.getLastModifiedTime().to(TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    tree.close();
    buffer.close();
  }
}
