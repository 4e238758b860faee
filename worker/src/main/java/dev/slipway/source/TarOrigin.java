package dev.slipway.source;

import dev.slipway.protocol.worker.Layer;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * A place that gives a layer as a plain tar.
 *
 * @param capability token to show
 * @param worker a peer; else the coordinator
 */
record TarOrigin(URI url, String capability, boolean worker) {
  /** Those of the layer. */
  static List<TarOrigin> of(Layer layer) {
    List<TarOrigin> origins = new ArrayList<>();
    for (String url : layer.getPeerUrlsList()) {
      origins.add(new TarOrigin(URI.create(url), layer.getCapability(), true));
    }
    if (!layer.getTreeUrl().isEmpty()) {
      origins.add(new TarOrigin(URI.create(layer.getTreeUrl()), layer.getCapability(), false));
    }
    return origins;
  }

  String host() {
    return url.getAuthority();
  }

  @Override
  public String toString() {
    return host();
  }
}
