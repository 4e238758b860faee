package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.List;

/** Layers that nobody gave. */
public final class LayersUnavailableException extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> layerIds;
  private final transient List<Absence> absences;

  /**
   * A worker said that it does not have the layer.
   *
   * @param url as it was given for the layer
   */
  public record Absence(String layerId, String url) {}

  public LayersUnavailableException(List<String> layerIds, String message) {
    this(layerIds, message, List.of());
  }

  public LayersUnavailableException(List<String> layerIds, String message, List<Absence> absences) {
    super(ErrorKind.UNAVAILABLE, message);
    this.layerIds = List.copyOf(layerIds);
    this.absences = List.copyOf(absences);
  }

  public List<String> layerIds() {
    return layerIds;
  }

  /** What is known for sure of why. */
  public List<Absence> absences() {
    return absences;
  }
}
