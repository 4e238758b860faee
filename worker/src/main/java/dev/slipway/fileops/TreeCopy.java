package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.OpaqueMark;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlayMarks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies one file or tree to one place. Two phases: in the mounted root it goes through what is
 * there already; what is new is then written straight into the upper directory, unmounted, where
 * files of the source's layers can be linked instead of copied.
 */
final class TreeCopy implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TreeCopy.class);
  private static final int BUFFER = 256 << 10;

  private final MountedRoot target;
  private final MountedRoot source;
  private final Attributes attributes;
  private final CopyFilter filter;
  private final LinkedFiles linked;

  /** Hears every path taken, relative to the source. */
  private final Consumer<String> taken;

  private final OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER);
  private final List<New> news = new ArrayList<>();

  /** Directories that were there, with the times they get in the end. */
  private final Map<String, Long> times = new TreeMap<>();

  /** Where a file of the source with several names went first: directory in the target, name. */
  private final Map<Long, Placed> placed = new HashMap<>();

  private record New(String from, String name, String to, String newName, String relative) {}

  private record Placed(String directory, String name) {}

  TreeCopy(
      MountedRoot target,
      MountedRoot source,
      Attributes attributes,
      CopyFilter filter,
      LinkedFiles linked,
      Consumer<String> taken) {
    this.target = target;
    this.source = source;
    this.attributes = attributes;
    this.filter = filter;
    this.linked = linked;
    this.taken = taken;
  }

  /** A single file, link or node; both paths are clean and free of links up to their names. */
  void file(String from, String to) throws SlipwayException, IOException {
    String name = RootPaths.name(from);
    try (Directory root = Directory.open(target.path());
        Directory parent = root.resolve(RootPaths.parent(to))) {
      if (!filter.takes(name)) {
        return;
      }
      clear(parent, to, false);
      raise(parent);
      news.add(
          new New(RootPaths.parent(from), name, RootPaths.parent(to), RootPaths.name(to), name));
    }
    writeNews();
  }

  /**
   * A directory's contents into a directory. One that is there keeps its owner and mode, and one
   * that is made for contents has those of directories on the way: neither is a copy of the source.
   * All get the source's time.
   */
  void directory(String from, String to) throws SlipwayException, IOException {
    try (Directory sourceRoot = Directory.open(source.path());
        Directory root = Directory.open(target.path());
        Directory in = sourceRoot.resolve(from)) {
      Status status = in.status();
      boolean copied = false;
      if (!to.equals("/")) {
        try (Directory parent = root.resolve(RootPaths.parent(to))) {
          clear(parent, to, true);
          if (parent.find(RootPaths.name(to)).isEmpty()) {
            boolean contents = attributes.copy().options().directoryContents();
            copied = !contents;
            RootPaths.make(parent, RootPaths.name(to), attributes.onTheWay());
          }
        }
      }
      try (Directory out = root.resolve(to)) {
        if (copied) {
          out.ownerAndMode(attributes.uid(status), attributes.gid(status), attributes.mode(status));
          Attributes.extended(in.pathOfSelf(), out.pathOfSelf());
        } else {
          raise(out);
        }
        times.put(to, attributes.time(status));
        merge(in, from, out, to, "");
      }
    }
    writeNews();
  }

  private void merge(Directory in, String from, Directory out, String to, String prefix)
      throws SlipwayException, IOException {
    for (String name : in.names()) {
      Status status = in.status(name);
      String relative = prefix + name;
      String path = RootPaths.join(to, name);
      Optional<Status> existing = out.find(name);
      if (!status.isDirectory()) {
        if (filter.takes(relative)) {
          if (existing.isPresent()) {
            clear(out, path, false);
          }
          news.add(new New(from, name, to, name, relative));
        }
        continue;
      }
      if (filter.prunes(relative)) {
        continue;
      }
      if (existing.isPresent() && (filter.takes(relative) || !existing.get().isDirectory())) {
        clear(out, path, true);
        existing = out.find(name);
      }
      if (existing.isEmpty()) {
        news.add(new New(from, name, to, name, relative));
        continue;
      }
      try (Directory innerIn = in.enter(name);
          Directory innerOut = out.enter(name)) {
        if (filter.takes(relative)) {
          taken.accept(relative);
          attributes.set(in, name, status, out, name);
          times.put(path, attributes.time(status));
        } else {
          raise(innerOut);
        }
        merge(innerIn, RootPaths.join(from, name), innerOut, path, relative + "/");
      }
    }
  }

  /** Makes overlayfs copy the directory up, so that the upper has it. */
  private static void raise(Directory directory) throws IOException {
    Status status = directory.status();
    directory.ownerAndMode(status.uid(), status.gid(), status.permissions());
  }

  /** Removes what is in the way, or says that it is. */
  private void clear(Directory parent, String path, boolean directory)
      throws SlipwayException, IOException {
    String name = RootPaths.name(path);
    Optional<Status> existing = parent.find(name);
    if (existing.isEmpty() || (directory && existing.get().isDirectory())) {
      return;
    }
    boolean replace = attributes.copy().options().alwaysReplaceExisting();
    if (directory && !replace) {
      throw new SlipwayException(ErrorKind.INVALID, "cannot copy to non-directory: " + path);
    }
    if (existing.get().isDirectory() && !replace) {
      throw new SlipwayException(
          ErrorKind.INVALID, "cannot replace to directory " + path + " with file");
    }
    parent.removeTree(name);
  }

  private void writeNews() throws SlipwayException, IOException {
    target.detach();
    try (Directory sourceRoot = Directory.open(source.path());
        Directory upper = Directory.open(target.upper().orElseThrow())) {
      int at = 0;
      while (at < news.size()) {
        String from = news.get(at).from();
        String to = news.get(at).to();
        try (Directory in = sourceRoot.resolve(from);
            SourceLayers layers = SourceLayers.open(source.layers(), from);
            Directory out = upper.resolve(to)) {
          for (;
              at < news.size() && news.get(at).from().equals(from) && news.get(at).to().equals(to);
              at++) {
            write(news.get(at), in, layers, out, upper);
          }
        }
      }
      for (Map.Entry<String, Long> time : times.entrySet()) {
        try (Directory directory = upper.resolve(time.getKey())) {
          directory.times(time.getValue());
        }
      }
    }
  }

  private void write(New one, Directory in, SourceLayers layers, Directory out, Directory upper)
      throws IOException, SlipwayException {
    Optional<Status> whiteout = out.find(one.newName());
    if (whiteout.isPresent()) {
      out.removeTree(one.newName());
    }
    Place place = new Place(in, layers, out, one.to(), upper);
    place(place, one.name(), one.newName(), one.relative());
    if (whiteout.isPresent() && out.find(one.newName()).map(Status::isDirectory).orElse(false)) {
      OpaqueMark.set(out, one.newName());
    } else if (whiteout.isPresent() && out.find(one.newName()).isEmpty()) {
      OverlayMarks.whiteout(out, one.newName());
    }
  }

  /** From where to where; {@code path} is that of {@code out} in the target. */
  private record Place(
      Directory in, SourceLayers layers, Directory out, String path, Directory upper) {}

  private void place(Place at, String name, String newName, String relative)
      throws IOException, SlipwayException {
    Status status = at.in().status(name);
    if (status.isDirectory()) {
      directory(at, name, newName, relative, status);
      return;
    }
    if (!filter.takes(relative)) {
      return;
    }
    taken.accept(relative);
    switch (status.type()) {
      case Status.REGULAR -> regular(at, name, newName, status);
      case Status.SYMLINK -> {
        at.out().makeSymlink(newName, at.in().readLink(name));
        attributes.set(at.in(), name, status, at.out(), newName);
      }
      case Status.FIFO, Status.CHARACTER_DEVICE, Status.BLOCK_DEVICE ->
          node(at, name, newName, status);
      default -> log.atDebug().addKeyValue("path", relative).log("socket left out of a copy");
    }
  }

  private void directory(Place at, String name, String newName, String relative, Status status)
      throws IOException, SlipwayException {
    if (Thread.currentThread().isInterrupted()) {
      throw new java.io.InterruptedIOException("copy was interrupted");
    }
    if (filter.prunes(relative)) {
      return;
    }
    try (Directory in = at.in().enter(name)) {
      if (filter.takes(relative)) {
        taken.accept(relative);
      } else if (!holdsTaken(in, relative + "/")) {
        return;
      }
      at.out().makeDirectory(newName, 0700);
      try (Directory out = at.out().enter(newName);
          SourceLayers layers = at.layers().enter(name)) {
        Place inner = new Place(in, layers, out, RootPaths.join(at.path(), newName), at.upper());
        for (String child : in.names()) {
          place(inner, child, child, relative + "/" + child);
        }
      }
    }
    attributes.set(at.in(), name, status, at.out(), newName);
    at.out().times(newName, attributes.time(status));
  }

  private boolean holdsTaken(Directory in, String prefix) throws IOException {
    for (String name : in.names()) {
      if (filter.takes(prefix + name)) {
        return true;
      }
      if (in.status(name).isDirectory() && !filter.prunes(prefix + name)) {
        try (Directory inner = in.enter(name)) {
          if (holdsTaken(inner, prefix + name + "/")) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private void regular(Place at, String name, String newName, Status status) throws IOException {
    if (status.links() > 1) {
      Placed first = placed.putIfAbsent(status.inode(), new Placed(at.path(), newName));
      if (first != null) {
        try (Directory directory = at.upper().resolve(first.directory())) {
          at.out().link(directory, first.name(), newName);
        }
        return;
      }
    }
    if (attributes.keeps(status) && at.layers().link(name, status, at.out(), newName, linked)) {
      return;
    }
    try (OpenFile in = at.in().openFile(name);
        OpenFile out = at.out().create(newName, 0600)) {
      out.copyFrom(in, buffer);
    }
    attributes.set(at.in(), name, status, at.out(), newName);
  }

  private void node(Place at, String name, String newName, Status status) throws IOException {
    try {
      at.out().makeNode(newName, status.type() | 0600, status.deviceMajor(), status.deviceMinor());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EPERM) {
        throw e;
      }
      log.atWarn()
          .addKeyValue("name", newName)
          .log("device node left out of a copy, not permitted in a user namespace");
      return;
    }
    attributes.set(at.in(), name, status, at.out(), newName);
  }

  @Override
  public void close() {
    buffer.close();
  }
}
