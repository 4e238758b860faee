package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import java.util.Map;

/**
 * One way out of the farm, named by its type. Adding one is a class and a line in {@link
 * Exporters}.
 */
interface Exporter {
  /** What clients call it: {@code image}, {@code local}, … */
  String type();

  /**
   * Reads what the client wants of it.
   *
   * @throws SlipwayException INVALID when an attribute is wrong
   */
  PreparedExport prepare(Order order) throws SlipwayException;

  /**
   * What a client asks for.
   *
   * @param id position among the exporters of the solve request, by which the client knows where
   *     its bytes go
   * @param compatibility version of BuildKit's behaviour that is wanted: 10, 20 or 30
   */
  record Order(int id, Map<String, String> attributes, int compatibility) {
    public Order {
      attributes = Map.copyOf(attributes);
    }
  }
}
