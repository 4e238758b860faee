package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction.Change.Copy;
import dev.slipway.graph.FileAction.CopyOptions;
import dev.slipway.layers.LayerLimits;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.MountedRoot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Copies from one root filesystem into another: decides what goes where, {@link TreeCopy} carries
 * it.
 */
final class Copies {
  private final MountedRoot target;
  private final MountedRoot source;
  private final Owners owners;
  private final LinkedFiles linked;
  private final LayerLimits limits;
  private final Optional<String> looked;

  /**
   * @param limits of archives that are unpacked
   * @param looked the source's name where its contents make the step's key: then what is missing is
   *     missed before anything is copied, and named so
   */
  Copies(
      MountedRoot target,
      MountedRoot source,
      Owners owners,
      LinkedFiles linked,
      LayerLimits limits,
      Optional<String> looked) {
    this.looked = looked;
    this.target = target;
    this.source = source;
    this.owners = owners;
    this.linked = linked;
    this.limits = limits;
  }

  void copy(Copy copy) throws SlipwayException, IOException {
    Attributes attributes = new Attributes(copy, owners.resolve(copy.owner()));
    checkMode(copy);
    CopyOptions options = copy.options();
    String pattern = RootPaths.clean(copy.source());
    List<String> paths;
    try (Directory sourceRoot = Directory.open(source.path())) {
      paths = options.allowWildcard() ? Wildcards.resolve(sourceRoot, pattern) : List.of(pattern);
      if (paths.isEmpty()) {
        if (options.allowEmptyWildcard()) {
          return;
        }
        throw new SlipwayException(ErrorKind.NOT_FOUND, pattern + " not found");
      }
      List<String> missing = new ArrayList<>(options.requiredPaths());
      for (String path : paths) {
        one(sourceRoot, path, attributes, missing);
      }
      if (!missing.isEmpty()) {
        throw notFound(RootPaths.clean("/" + missing.getFirst()));
      }
    }
  }

  private static void checkMode(Copy copy) throws SlipwayException {
    if (copy.symbolicMode().isEmpty()) {
      return;
    }
    try {
      SymbolicMode.apply(copy.symbolicMode(), 0, false);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, e.getMessage(), e);
    }
  }

  private void one(Directory sourceRoot, String path, Attributes attributes, List<String> missing)
      throws SlipwayException, IOException {
    CopyOptions options = attributes.copy().options();
    String from =
        options.followSymlink() ? RootPaths.follow(sourceRoot, path) : literal(sourceRoot, path);
    Status status =
        status(sourceRoot, from)
            .orElseThrow(() ->
                looked.isPresent()
                    ? notFound(path)
                    : new SlipwayException(
                        ErrorKind.NOT_FOUND, "lstat " + path + ": no such file or directory"));
    target.attach();
    String to;
    try (Directory root = Directory.open(target.path())) {
      if (options.unpackArchives()
          && status.isRegular()
          && Archives.unpack(sourceRoot, from, root, attributes, limits)) {
        return;
      }
      to = destination(root, path, status, attributes);
    }
    CopyFilter filter = new CopyFilter(options.includePatterns(), options.excludePatterns());
    try (TreeCopy tree =
        new TreeCopy(
            target,
            source,
            attributes,
            filter,
            linked,
            relative -> missing.removeIf(required -> reaches(path, relative, required)))) {
      if (status.isDirectory()) {
        tree.directory(from, to);
      } else {
        tree.file(from, to);
      }
    }
  }

  /** Whether a path that was taken is the required one, or below it; that counts from the root. */
  private static boolean reaches(String source, String relative, String required) {
    String taken = RootPaths.clean(source + "/" + relative);
    String wanted = RootPaths.clean("/" + required);
    return taken.equals(wanted) || taken.startsWith(wanted.equals("/") ? wanted : wanted + "/");
  }

  /**
   * Where the source goes: clean, links followed but at the name itself when it goes into a
   * directory.
   */
  private static String destination(
      Directory root, String path, Status source, Attributes attributes)
      throws SlipwayException, IOException {
    Copy copy = attributes.copy();
    String destination = RootPaths.clean(copy.destination());
    boolean directory = copy.destination().endsWith("/") || copy.destination().endsWith("/.");
    if (!copy.options().createDestinationPath()
        && root.resolveStatus(RootPaths.parent(destination)).isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "failed to stat "
              + destination
              + ": lstat "
              + RootPaths.parent(destination)
              + ": no such file or directory");
    }
    String ensured = directory ? destination : RootPaths.parent(destination);
    try {
      RootPaths.makeAll(root, ensured, attributes.onTheWay()).close();
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOTDIR && copy.options().alwaysReplaceExisting()) {
        replaceInTheWay(root, ensured);
        RootPaths.makeAll(root, ensured, attributes.onTheWay()).close();
      } else if (e.errno() == Errno.ENOTDIR) {
        throw new SlipwayException(
            ErrorKind.INVALID, "mkdir " + inTheWay(root, ensured) + ": not a directory", e);
      } else {
        throw e;
      }
    }
    boolean replacesLink =
        copy.options().alwaysReplaceExisting() && !directory && source.isDirectory();
    String followed =
        replacesLink ? literal(root, destination) : RootPaths.follow(root, destination);
    Optional<Status> existing = status(root, followed);
    boolean into =
        existing.isPresent()
            && existing.get().isDirectory()
            && !(source.isDirectory() && copy.options().directoryContents());
    if (into && !RootPaths.name(path).isEmpty()) {
      return RootPaths.join(followed, RootPaths.name(path));
    }
    return followed;
  }

  /** The first of the names above and at the path that is no directory. */
  private static String inTheWay(Directory root, String path) throws IOException {
    String prefix = "";
    for (String name : path.substring(1).split("/")) {
      prefix = prefix + "/" + name;
      Optional<Status> status = root.resolveStatus(prefix);
      if (status.isPresent() && !status.get().isDirectory()) {
        return prefix;
      }
    }
    return path;
  }

  private static void replaceInTheWay(Directory root, String path) throws IOException {
    String place = inTheWay(root, path);
    try (Directory parent = root.resolve(RootPaths.parent(place))) {
      parent.removeTree(RootPaths.name(place));
    }
  }

  /** The path with the links above its name followed. */
  private static String literal(Directory root, String path) throws IOException {
    if (path.equals("/")) {
      return path;
    }
    try (Directory parent = root.resolve(RootPaths.parent(path))) {
      return RootPaths.join(RootPaths.inside(root, parent), RootPaths.name(path));
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return path;
      }
      throw e;
    }
  }

  private static Optional<Status> status(Directory root, String path) throws IOException {
    if (path.equals("/")) {
      return Optional.of(root.status());
    }
    try (Directory parent = root.resolve(RootPaths.parent(path))) {
      return parent.find(RootPaths.name(path));
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private SlipwayException notFound(String path) {
    String missing = "\"" + path + "\": not found";
    return new SlipwayException(
        ErrorKind.NOT_FOUND,
        looked
            .map(name ->
                "failed to compute cache key: failed to calculate checksum of ref "
                    + name
                    + ": "
                    + missing)
            .orElse(missing));
  }
}
