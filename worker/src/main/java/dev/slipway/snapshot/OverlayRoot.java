package dev.slipway.snapshot;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One overlay, mounted in {@code mounts}, its writes in {@code incoming}. */
final class OverlayRoot implements MountedRoot {
  private static final Logger log = LoggerFactory.getLogger(OverlayRoot.class);

  private final OverlayStore store;
  private final List<String> chain;
  private final List<Path> layers;
  private final Optional<String> below;
  private final Pin pin;
  private final Path target;
  private @Nullable Path place;
  private boolean mounted;
  private boolean closed;

  OverlayRoot(OverlayStore store, List<String> chain, List<Path> layers, Pin pin)
      throws IOException {
    this.store = store;
    this.chain = chain;
    this.layers = layers;
    this.below = chain.isEmpty() ? Optional.empty() : Optional.of(chain.getLast());
    this.pin = pin;
    this.target = store.directories().makeMountPoint();
  }

  /** Mounts for the first time; on failure nothing is left behind but the pin. */
  void open(boolean writable) throws IOException {
    try {
      if (writable) {
        place = store.directories().makeIncoming();
        OverlayStore.inheritRoot(place.resolve("diff"), layers);
      }
      store.mounts().mount(target, layers, Optional.ofNullable(place));
      mounted = true;
    } catch (IOException e) {
      discard();
      throw e;
    }
  }

  @Override
  public Path path() {
    return target;
  }

  @Override
  public List<String> chain() {
    return chain;
  }

  @Override
  public List<Path> layers() {
    return layers;
  }

  @Override
  public Optional<Path> upper() {
    return Optional.ofNullable(place).map(path -> path.resolve("diff"));
  }

  @Override
  public void detach() throws SlipwayException {
    if (!mounted) {
      return;
    }
    try {
      OverlayMounts.unmount(target);
      mounted = false;
    } catch (IOException e) {
      throw OverlayStore.failed("unmount", e);
    }
  }

  @Override
  public void attach() throws SlipwayException {
    if (mounted) {
      return;
    }
    try {
      store.mounts().mount(target, layers, Optional.ofNullable(place));
      mounted = true;
    } catch (IOException e) {
      throw OverlayStore.failed("mount of " + layers.size() + " layers", e);
    }
  }

  @Override
  public StoredLayer commit(String id, Map<Long, Path> linkedFrom) throws SlipwayException {
    Path writes = place;
    if (writes == null || closed) {
      throw new IllegalStateException("only an open writable root can be committed");
    }
    if (store.has(id)) {
      throw new SlipwayException(ErrorKind.CONFLICT, "layer " + id + " is here already");
    }
    detach();
    DiffSize size;
    try {
      reduce(writes.resolve("diff"));
      size = DiffSize.measure(writes.resolve("diff"));
    } catch (IOException e) {
      throw OverlayStore.failed("reduction of layer " + id, e);
    }
    StoredLayer layer =
        store.commit(
            writes,
            new OverlayStore.Made(
                id, size.bytes(), Optional.empty(), below, shared(size, linkedFrom)));
    place = null;
    close();
    return layer;
  }

  private void reduce(Path written) throws IOException {
    if (layers.isEmpty()) {
      LayerReduction.reduce(written, Optional.empty());
      return;
    }
    store.mounts().mount(target, layers, Optional.empty());
    mounted = true;
    try {
      LayerReduction.reduce(written, Optional.of(target));
    } finally {
      OverlayMounts.unmount(target);
      mounted = false;
    }
  }

  private static List<SharedFiles.File> shared(DiffSize size, Map<Long, Path> linkedFrom) {
    List<SharedFiles.File> shared = new ArrayList<>();
    size.linked()
        .forEach((inode, bytes) -> {
          Path origin = linkedFrom.get(inode);
          if (origin != null) {
            shared.add(
                new SharedFiles.File(inode, bytes, LayerDirectories.number(origin.getParent())));
          }
        });
    return shared;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      detach();
    } catch (SlipwayException e) {
      // Still mounted: its layers must stay, so the pin is kept.
      log.atWarn().setCause(e).log("root filesystem not unmounted");
      return;
    }
    pin.close();
    discard();
  }

  private void discard() {
    try {
      Files.deleteIfExists(target);
      if (place != null) {
        LayerDirectories.remove(place);
      }
    } catch (IOException e) {
      log.atWarn()
          .setCause(e)
          .log("leftovers of a root filesystem not removed, will be at the next start");
    }
  }
}
