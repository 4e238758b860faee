package dev.slipway.diff;

import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.OverlayMarks;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Visits a layer directory: parents before children, names in the order of their code units, always
 * the same.
 */
public final class LayerWalk {
  /** Overlayfs' mark of an opaque directory, as written by root of a user namespace. */
  public static final String OPAQUE = OverlayMarks.OPAQUE;

  /** The same, as written by real root. */
  private static final String OPAQUE_OF_ROOT = "trusted.overlay.opaque";

  private LayerWalk() {}

  /** Takes the entries. */
  @FunctionalInterface
  public interface Visitor {
    void visit(LayerEntry entry) throws IOException;
  }

  /** Visits all entries below the layer's root; sockets are left out. */
  public static void walk(Path layer, Visitor visitor) throws IOException {
    try (Directory root = Directory.open(layer)) {
      walk(root, "", visitor);
    }
  }

  private static void walk(Directory directory, String prefix, Visitor visitor) throws IOException {
    for (String name : directory.names()) {
      Status status = directory.status(name);
      String path = prefix + name;
      if (status.isWhiteout()) {
        visitor.visit(new LayerEntry.Removed(path));
      } else if (status.isDirectory()) {
        visitor.visit(new LayerEntry.Present(path, directory, name, status));
        try (Directory inner = directory.enter(name)) {
          if (opaque(inner)) {
            visitor.visit(new LayerEntry.Opaque(path));
          }
          walk(inner, path + "/", visitor);
        }
      } else if (status.type() != Status.SOCKET) {
        visitor.visit(new LayerEntry.Present(path, directory, name, status));
      }
    }
  }

  private static boolean opaque(Directory directory) throws LinuxException {
    String path = directory.pathOfSelf();
    return ExtendedAttributes.get(path, OPAQUE)
        .or(() -> ofRoot(path))
        .filter(value -> value.length == 1 && value[0] == 'y')
        .isPresent();
  }

  private static java.util.Optional<byte[]> ofRoot(String path) {
    try {
      return ExtendedAttributes.get(path, OPAQUE_OF_ROOT);
    } catch (LinuxException e) {
      // Not readable in a user namespace, where it means nothing.
      return java.util.Optional.empty();
    }
  }
}
