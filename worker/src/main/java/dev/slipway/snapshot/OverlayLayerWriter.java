package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A layer being filled in {@code incoming}. */
final class OverlayLayerWriter implements LayerWriter {
  private static final Logger log = LoggerFactory.getLogger(OverlayLayerWriter.class);

  private final OverlayStore store;
  private final String id;
  private final Path place;
  private final List<Path> below;
  private final Optional<String> belowId;
  private final Pin pin;
  private boolean done;

  /**
   * @param belowId the layer right under it; its directory may be missing in {@code below}
   */
  OverlayLayerWriter(
      OverlayStore store,
      String id,
      Path place,
      List<Path> below,
      Optional<String> belowId,
      Pin pin) {
    this.store = store;
    this.id = id;
    this.place = place;
    this.below = below;
    this.belowId = belowId;
    this.pin = pin;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Path directory() {
    return place.resolve("diff");
  }

  @Override
  public List<Path> below() {
    return below;
  }

  @Override
  public void root(RootAttributes attributes) throws SlipwayException {
    try {
      attributes.apply(directory());
    } catch (IOException e) {
      throw OverlayStore.failed("attributes of the root of layer " + id, e);
    }
  }

  @Override
  public StoredLayer commit(long size, Optional<Digest> diffId) throws SlipwayException {
    StoredLayer layer =
        store.commit(place, new OverlayStore.Made(id, size, diffId, belowId, List.of()));
    done = true;
    pin.close();
    return layer;
  }

  @Override
  public void close() {
    if (done) {
      return;
    }
    done = true;
    pin.close();
    try {
      LayerDirectories.remove(place);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("layer", id)
          .setCause(e)
          .log("half-made layer not removed, will be at the next start");
    }
  }
}
