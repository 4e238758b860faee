package dev.slipway.snapshot;

import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Mounts overlays the one way that works for root of a user namespace and for real root alike:
 * attributes in {@code user.overlay.*}. Writable ones are {@code volatile}: without it every
 * unmount flushes the whole disk.
 */
final class OverlayMounts {
  private static final String OPTIONS = "userxattr";

  /** The kernel's OVL_MAX_STACK, less the empty layer. */
  static final int MOST_LAYERS = 499;

  /** mount(2) takes one page of options. */
  private static final int MOST_OPTIONS = 4095;

  private final Path empty;
  private final boolean oneByOne;

  /**
   * @param empty holds the two empty directories that stand in for missing layers
   * @param oneByOne whether the kernel takes lower directories one at a time (Linux 6.7)
   */
  OverlayMounts(Path empty, boolean oneByOne) {
    this.empty = empty;
    this.oneByOne = oneByOne;
  }

  /**
   * @param writes a directory with {@code diff} in it, where writes go; empty = read-only
   */
  void mount(Path target, List<Path> layers, Optional<Path> writes) throws IOException {
    List<Path> lower = new ArrayList<>();
    lower.add(empty.resolve("a"));
    if (layers.isEmpty() && writes.isEmpty()) {
      lower.add(empty.resolve("b"));
    }
    lower.addAll(layers);
    Optional<Mounts.Writes> upper = Optional.empty();
    if (writes.isPresent()) {
      // A volatile overlay marks its work directory as not to be used again.
      Path work = Files.createTempDirectory(writes.get(), "work");
      upper = Optional.of(new Mounts.Writes(writes.get().resolve("diff"), work));
    }
    if (oneByOne) {
      Mounts.overlay(
          target,
          lower,
          upper,
          upper.isPresent() ? List.of(OPTIONS, "volatile") : List.of(OPTIONS));
    } else {
      mountAtOnce(target, lower, upper);
    }
  }

  private static void mountAtOnce(Path target, List<Path> lower, Optional<Mounts.Writes> upper)
      throws IOException {
    StringBuilder options = new StringBuilder(OPTIONS).append(",lowerdir=");
    for (int i = lower.size() - 1; i >= 0; i--) {
      options.append(lower.get(i)).append(i == 0 ? "" : ":");
    }
    upper.ifPresent(writes ->
        options
            .append(",volatile,upperdir=")
            .append(writes.upper())
            .append(",workdir=")
            .append(writes.work()));
    if (options.length() > MOST_OPTIONS) {
      throw new IOException(
          lower.size()
              + " layers need "
              + options.length()
              + " bytes of mount options; this kernel takes "
              + MOST_OPTIONS
              + " (Linux 6.7 has no such limit, a shorter worker root helps)");
    }
    Mounts.mount(
        "overlay", target, "overlay", upper.isPresent() ? 0 : Mounts.READ_ONLY, options.toString());
  }

  /** Unmounts; when a process still holds it open it is taken out of sight and ends later. */
  static void unmount(Path target) throws LinuxException {
    try {
      Mounts.unmount(target);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EBUSY) {
        throw e;
      }
      Mounts.detach(target);
    }
  }
}
