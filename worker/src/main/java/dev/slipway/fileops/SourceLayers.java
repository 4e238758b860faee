package dev.slipway.fileops;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One directory of a merged root, as the layers have it, topmost first: where the files really are,
 * to be linked from.
 */
final class SourceLayers implements AutoCloseable {
  private final List<Holder> holders;

  private record Holder(Directory directory, Path layer) {}

  private SourceLayers(List<Holder> holders) {
    this.holders = holders;
  }

  /** The clean path, free of links, in those of the layers that have it. */
  static SourceLayers open(List<Path> layers, String path) throws IOException {
    List<Holder> roots = new ArrayList<>();
    for (Path layer : layers.reversed()) {
      roots.add(new Holder(Directory.open(layer), layer));
    }
    SourceLayers at = new SourceLayers(roots);
    for (String name : path.substring(1).split("/")) {
      if (!name.isEmpty()) {
        SourceLayers next = at.enter(name);
        at.close();
        at = next;
      }
    }
    return at;
  }

  SourceLayers enter(String name) throws IOException {
    List<Holder> inner = new ArrayList<>();
    for (Holder holder : holders) {
      try {
        inner.add(new Holder(holder.directory().enter(name), holder.layer()));
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR && e.errno() != Errno.ELOOP) {
          throw e;
        }
      }
    }
    return new SourceLayers(inner);
  }

  /** Makes the file one more name of the layer's own; false where that cannot be. */
  boolean link(String name, Status merged, Directory target, String newName, LinkedFiles linked)
      throws IOException {
    for (Holder holder : holders) {
      Optional<Status> status = holder.directory().find(name);
      if (status.isEmpty()) {
        continue;
      }
      boolean same =
          status.get().isRegular()
              && status.get().size() == merged.size()
              && status.get().modified() == merged.modified();
      if (!same || !linked.claim(status.get(), holder.layer())) {
        return false;
      }
      try {
        target.link(holder.directory(), name, newName);
        return true;
      } catch (LinuxException e) {
        return switch (e.errno()) {
          case EXDEV, EMLINK, EPERM -> false;
          default -> throw e;
        };
      }
    }
    return false;
  }

  @Override
  public void close() {
    holders.forEach(holder -> holder.directory().close());
  }
}
