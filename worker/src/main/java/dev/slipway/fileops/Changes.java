package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.MountedRoot;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Changes that need no source. A file that is there is replaced, never written to: it may be a link
 * to a file of another layer.
 */
final class Changes {
  private final MountedRoot target;
  private final Owners owners;

  Changes(MountedRoot target, Owners owners) {
    this.target = target;
    this.owners = owners;
  }

  void apply(Change change) throws SlipwayException, IOException {
    try (Directory root = Directory.open(target.path())) {
      switch (change) {
        case Change.MakeDirectory make -> makeDirectory(root, make);
        case Change.MakeFile make -> makeFile(root, make);
        case Change.MakeSymlink make -> makeSymlink(root, make);
        case Change.Remove remove -> remove(root, remove);
        case Change.Copy _ -> throw new IllegalArgumentException("a copy needs a source");
      }
    }
  }

  private void makeDirectory(Directory root, Change.MakeDirectory make)
      throws SlipwayException, IOException {
    Owners.Ids owner = owners.resolve(make.owner()).orElse(Owners.Ids.ROOT);
    RootPaths.NewDirectory made =
        new RootPaths.NewDirectory(make.mode() & 0777, owner, make.timestamp());
    String path = RootPaths.clean(make.path());
    if (make.makeParents()) {
      throughEveryDirectory(root, make.path(), made);
      RootPaths.makeAll(root, path, made).close();
      return;
    }
    if (root.resolveStatus(path).isPresent()) {
      return;
    }
    try (Directory parent = root.resolve(RootPaths.parent(path))) {
      RootPaths.make(parent, RootPaths.name(path), made);
    }
  }

  /**
   * A path with {@code ..} in it passes through directories that are not above its end; `mkdir -p`
   * makes them too.
   */
  private static void throughEveryDirectory(
      Directory root, String path, RootPaths.NewDirectory made) throws IOException {
    for (int dots = path.indexOf("/.."); dots > 0; dots = path.indexOf("/..", dots + 1)) {
      if (dots + 3 == path.length() || path.charAt(dots + 3) == '/') {
        RootPaths.makeAll(root, RootPaths.clean(path.substring(0, dots)), made).close();
      }
    }
  }

  /** A file that is there gets new content and keeps the rest. */
  private void makeFile(Directory root, Change.MakeFile make) throws SlipwayException, IOException {
    Optional<Owners.Ids> given = owners.resolve(make.owner());
    Owners.Ids owner = given.orElse(Owners.Ids.ROOT);
    int mode = make.mode() & 0777;
    String path = RootPaths.follow(root, RootPaths.clean(make.path()));
    try (Directory parent = root.resolve(RootPaths.parent(path));
        OpenFile.Buffer buffer = new OpenFile.Buffer(64 << 10)) {
      String name = RootPaths.name(path);
      Optional<Status> status = parent.find(name);
      if (status.isPresent()) {
        if (status.get().isDirectory()) {
          throw new SlipwayException(ErrorKind.INVALID, "open " + path + ": is a directory");
        }
        if (status.get().isRegular()) {
          mode = status.get().permissions();
          owner = given.orElse(new Owners.Ids(status.get().uid(), status.get().gid()));
        }
        parent.removeFile(name);
      }
      try (OpenFile file = parent.create(name, 0600)) {
        file.write(buffer, make.data(), 0, make.data().length);
        file.owner(owner.uid(), owner.gid());
        file.mode(mode);
        if (make.timestamp() >= 0) {
          file.times(make.timestamp());
        }
      }
    }
  }

  private void makeSymlink(Directory root, Change.MakeSymlink make)
      throws SlipwayException, IOException {
    Owners.Ids owner = owners.resolve(make.owner()).orElse(Owners.Ids.ROOT);
    String path = RootPaths.follow(root, RootPaths.clean(make.path()));
    try (Directory parent = root.resolve(RootPaths.parent(path))) {
      String name = RootPaths.name(path);
      parent.makeSymlink(name, make.target());
      parent.owner(name, owner.uid(), owner.gid());
      if (make.timestamp() >= 0) {
        parent.times(name, make.timestamp());
      }
    }
  }

  private static void remove(Directory root, Change.Remove remove)
      throws SlipwayException, IOException {
    String path = RootPaths.clean(remove.path());
    if (path.equals("/")) {
      throw new SlipwayException(ErrorKind.INVALID, "rmPath: invalid empty path");
    }
    List<String> paths = remove.allowWildcard() ? Wildcards.resolve(root, path) : List.of(path);
    for (String each : paths) {
      try (Directory parent = root.resolve(RootPaths.parent(each))) {
        String name = RootPaths.name(each);
        if (parent.find(name).isPresent()
            && (remove.allowNotFound() || leadsSomewhere(root, each))) {
          parent.removeTree(name);
          continue;
        }
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
          throw e;
        }
      }
      if (!remove.allowNotFound()) {
        throw new SlipwayException(
            ErrorKind.NOT_FOUND, "stat " + each + ": no such file or directory");
      }
    }
  }

  /** A link that leads nowhere counts as not there. */
  private static boolean leadsSomewhere(Directory root, String path) throws IOException {
    return root.resolveStatus(RootPaths.follow(root, path)).isPresent();
  }
}
