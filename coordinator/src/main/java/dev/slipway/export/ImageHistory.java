package dev.slipway.export;

import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageConfig.History;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes an image's history agree with its layers and fills in times, in the way BuildKit does, so
 * that tools count right.
 */
final class ImageHistory {
  private static final String COMMENT = "buildkit.exporter.image.v0";

  private ImageHistory() {}

  /**
   * @param layerTimes when each layer was made, lowest first
   * @param times what bounds them
   */
  static List<History> normalise(
      List<History> given, List<Instant> layerTimes, ConfigAssembly.Times times) {
    List<History> history = accountForLayers(given, layerTimes);
    fillLayerTimes(history, layerTimes);
    fillOtherTimes(history);
    if (times.epoch().isPresent()) {
      List<History> base = times.base().map(ImageConfig::history).orElse(List.of());
      int kept = 0;
      while (kept < Math.min(base.size(), history.size())
          && history.get(kept).equals(base.get(kept))) {
        kept++;
      }
      history.subList(kept, history.size()).replaceAll(entry -> clamp(entry, times.epoch().get()));
    }
    return history;
  }

  private static List<History> accountForLayers(List<History> given, List<Instant> layerTimes) {
    List<History> history = new ArrayList<>();
    int layers = 0;
    for (History entry : given) {
      boolean surplus = !entry.emptyLayer() && layers >= layerTimes.size();
      History kept =
          surplus
              ? new History(
                  entry.created(), entry.createdBy(), entry.author(), entry.comment(), true)
              : entry;
      layers += kept.emptyLayer() ? 0 : 1;
      history.add(kept);
    }
    for (; layers < layerTimes.size(); layers++) {
      history.add(new History(layerTimes.get(layers).toString(), "", "", COMMENT, false));
    }
    return history;
  }

  private static void fillLayerTimes(List<History> history, List<Instant> layerTimes) {
    int layer = 0;
    for (int i = 0; i < history.size(); i++) {
      if (history.get(i).emptyLayer()) {
        continue;
      }
      if (history.get(i).created().isEmpty()) {
        history.set(i, at(history.get(i), layerTimes.get(layer).toString()));
      }
      layer++;
    }
  }

  /**
   * Entries without a layer take the time of the first new layer, those after it the time of the
   * layer before.
   */
  private static void fillOtherTimes(List<History> history) {
    String time = "";
    boolean missing = false;
    for (History entry : history) {
      if (entry.created().isEmpty()) {
        missing = true;
        continue;
      }
      time = entry.created();
      if (missing) {
        break;
      }
    }
    missing = false;
    for (int i = 0; i < history.size(); i++) {
      String created = history.get(i).created();
      if (created.isEmpty()) {
        missing = true;
        history.set(i, at(history.get(i), time));
      } else if (missing) {
        time = created;
      }
    }
  }

  private static History at(History entry, String created) {
    return new History(
        created, entry.createdBy(), entry.author(), entry.comment(), entry.emptyLayer());
  }

  private static History clamp(History entry, Instant epoch) {
    return isAfter(entry.created(), epoch) ? at(entry, epoch.toString()) : entry;
  }

  /** Whether the RFC 3339 time is later, or none. */
  static boolean isAfter(String time, Instant bound) {
    try {
      return time.isEmpty() || java.time.OffsetDateTime.parse(time).toInstant().isAfter(bound);
    } catch (DateTimeParseException e) {
      return true;
    }
  }
}
