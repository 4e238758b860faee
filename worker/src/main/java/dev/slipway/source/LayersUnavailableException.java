package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;

/** Layers that nobody gave. */
public final class LayersUnavailableException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> layerIds;

  public LayersUnavailableException(List<String> layerIds, String message) {
    super(ErrorKind.UNAVAILABLE, message);
    this.layerIds = List.copyOf(layerIds);
  }

  public List<String> layerIds() {
    return layerIds;
  }
}
