package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reduces what was written over some layers to what it changes, so that the layer says the same
 * wherever it is laid: copies that differ in nothing are dropped, and directories that hide all of
 * what is below name what they hide instead. BuildKit's exporter and merges see layers so. Owned by
 * one thread.
 */
final class LayerReduction implements AutoCloseable {
  private final Sameness sameness = new Sameness();

  /**
   * Reduces the directory.
   *
   * @param upper what was written, unmounted
   * @param lower what it was written over, as one tree; empty = nothing
   */
  static void reduce(Path upper, Optional<Path> lower) throws LinuxException {
    try (LayerReduction reduction = new LayerReduction();
        Directory written = Directory.open(upper)) {
      if (lower.isEmpty()) {
        reduction.reduce(written, null, false);
        return;
      }
      try (Directory below = Directory.open(lower.get())) {
        reduction.reduce(written, below, false);
      }
    }
  }

  /**
   * Returns whether the directory still says anything of what is in it.
   *
   * @param below the directory under it, null = there is none
   * @param hides whether what is in {@code below} is not seen through it
   */
  private boolean reduce(Directory written, @Nullable Directory below, boolean hides)
      throws LinuxException {
    long modified = written.status().modified();
    boolean touched = false;
    boolean says = false;
    Set<String> names = new HashSet<>();
    for (String name : written.names()) {
      names.add(name);
      Status status = written.status(name);
      Optional<Status> under = below == null ? Optional.empty() : below.find(name);
      boolean needed;
      if (status.isWhiteout()) {
        needed = under.isPresent();
        if (!needed) {
          written.removeFile(name);
        }
      } else if (status.isDirectory()) {
        needed = directory(written, name, status, below, under, hides);
      } else {
        // One of several names of a file: without it the others would be another file.
        needed =
            under.isEmpty()
                || status.links() > 1
                || !sameness.isSame(
                    new Sameness.Entry(written, name, status),
                    new Sameness.Entry(below, name, under.get()));
        if (!needed) {
          written.removeFile(name);
        }
      }
      touched |= !needed;
      says |= needed;
    }
    if (hides && below != null) {
      for (String name : below.names()) {
        if (!names.contains(name)) {
          OverlayMarks.whiteout(written, name);
          touched = true;
          says = true;
        }
      }
    }
    if (touched) {
      written.times(modified);
    }
    return says;
  }

  private boolean directory(
      Directory written,
      String name,
      Status status,
      @Nullable Directory below,
      Optional<Status> under,
      boolean hidden)
      throws LinuxException {
    try (Directory inner = written.enter(name)) {
      boolean opaque = OverlayMarks.isOpaque(inner);
      if (below == null || under.isEmpty() || !under.get().isDirectory()) {
        reduce(inner, null, false);
        if (opaque) {
          OverlayMarks.clearOpaque(inner);
        }
        return true;
      }
      boolean says;
      try (Directory innerBelow = below.enter(name)) {
        says = reduce(inner, innerBelow, hidden || opaque);
      }
      if (opaque) {
        OverlayMarks.clearOpaque(inner);
      }
      if (says
          || !sameness.isSame(
              new Sameness.Entry(written, name, status),
              new Sameness.Entry(below, name, under.get()))) {
        return true;
      }
    }
    written.removeDirectory(name);
    return false;
  }

  @Override
  public void close() {
    sameness.close();
  }
}
